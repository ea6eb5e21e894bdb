import type { LakeAddresses } from "../lakeAddresses";
import { sparkPoolName } from "./landing";

/** The ids of built-in roles, by name. */

const roleIds = {
  "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
} as const;
type Role = keyof typeof roleIds;

/** API versions of the services; their schemas have the same dates. */
const versions = {
  storage: "2023-05-01",
  vault: "2023-07-01",
  synapse: "2021-06-01",
  role: "2022-04-01",
  identity: "2023-01-31",
} as const;

/** The file system for the workspace's own files; must not be one of the lake's. */
const workspaceFileSystem = "synapse";

const parameter = (type: "string" | "bool" | "array", description: string, defaultValue?: unknown) => ({
  type,
  ...(defaultValue === undefined ? {} : { defaultValue }),
  metadata: { description },
});
const text = (description: string, defaultValue?: string) => parameter("string", description, defaultValue);

/** What every resource with its own location has. */
const resource = (type: string, apiVersion: string, name: string) => ({
  type,
  apiVersion,
  name: `[${name}]`,
  location: "[parameters('location')]",
});

const idOf = (type: string, ...names: readonly string[]) =>
  `resourceId(${[`'${type}'`, ...names].join(", ")})`;
const storageId = idOf("Microsoft.Storage/storageAccounts", "parameters('storageAccount')");
const containerType = "Microsoft.Storage/storageAccounts/blobServices/containers";
const containerId = (name: string) =>
  idOf(containerType, "parameters('storageAccount')", "'default'", `'${name}'`);
/** Two vaults: one for the pipeline, and one for the salt, with which anyone could compute everybody's pseudonym. */
const vaults = ["keyVault", "saltKeyVault"] as const;
type Vault = (typeof vaults)[number];
const vaultId = (vault: Vault) => idOf("Microsoft.KeyVault/vaults", `parameters('${vault}')`);
const workspaceId = idOf("Microsoft.Synapse/workspaces", "parameters('synapseWorkspace')");
const identityId = idOf(
  "Microsoft.ManagedIdentity/userAssignedIdentities",
  "parameters('ingestionIdentity')",
);

/** The principal that receives a role: an expression for its id, and a condition for the assignment. */
interface Grantee {
  readonly key: string;
  readonly principal: string;
  readonly type: "ServicePrincipal" | "Group";
  readonly dependsOn?: string;
  readonly condition?: string;
}

const ingestion: Grantee = {
  key: "ingestion",
  principal: `reference(${identityId}, '${versions.identity}').principalId`,
  type: "ServicePrincipal",
  dependsOn: identityId,
};
const workspace: Grantee = {
  key: "workspace",
  principal: `reference(${workspaceId}, '${versions.synapse}', 'full').identity.principalId`,
  type: "ServicePrincipal",
  dependsOn: workspaceId,
};
const notebookInWorkspace: Grantee = { ...workspace, condition: "parameters('notebookWritesTables')" };
const readers: Grantee = {
  key: "readers",
  principal: "parameters('readersGroup')",
  type: "Group",
  condition: "not(empty(parameters('readersGroup')))",
};

interface Scope {
  readonly id: string;
  readonly key: string;
}

const onContainer = (name: string): Scope => ({ id: containerId(name), key: name });
const onVault = (vault: Vault): Scope => ({ id: vaultId(vault), key: vault });

/** One role of one principal on one container or vault, never on the whole account. */
function grant(role: Role, scope: Scope, { key, principal, type, dependsOn, condition }: Grantee) {
  return {
    type: "Microsoft.Authorization/roleAssignments",
    apiVersion: versions.role,
    ...(condition === undefined ? {} : { condition: `[${condition}]` }),
    // The same for each deployment, so that it can be repeated.
    name: `[guid(${scope.id}, '${role}', '${key}')]`,
    scope: `[${scope.id}]`,
    dependsOn: [scope.id, ...(dependsOn === undefined ? [] : [dependsOn])].map((id) => `[${id}]`),
    properties: {
      roleDefinitionId: `[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '${roleIds[role]}')]`,
      principalId: `[${principal}]`,
      principalType: type,
    },
  };
}

/** An Azure Resource Manager template for everything that the lake and the pipeline need, with least privilege. */
export function deploymentFiles(addresses: LakeAddresses): Record<string, unknown> {
  const schema = "https://schema.management.azure.com/schemas/2019-04-01";
  return {
    "azuredeploy.json": {
      $schema: `${schema}/deploymentTemplate.json#`,
      contentVersion: "1.0.0.0",
      parameters: {
        location: text("The region of all resources.", "[resourceGroup().location]"),
        storageAccount: text("The lake's storage account."),
        keyVault: text("Contains the SFTP password and the address for alerts."),
        saltKeyVault: text("Contains the salt, which the workspace does not need."),
        synapseWorkspace: text("The workspace with the pipeline and the SQL views."),
        ingestionIdentity: text("The identity that clever-lake signs in with.", "clever-ingestion"),
        administrator: text("The object id of the group that administers the workspace."),
        readersGroup: text(
          "The object id of the group that may read pseudonymized rows; empty if there is none yet.",
          "",
        ),
        notebookWritesTables: parameter(
          "bool",
          "Whether the workspace's identity may write all tables and read the salt, which a notebook in a pipeline needs for pseudonymization. Anyone who may run code in the workspace can then read identities.",
          false,
        ),
        allowedAddresses: parameter(
          "array",
          'The addresses from which the account and the vault are reached, as { "value": "203.0.113.0/24" }.',
          [],
        ),
      },
      resources: [
        ...storage,
        ...vaults.map(vaultNamed),
        resource(
          "Microsoft.ManagedIdentity/userAssignedIdentities",
          versions.identity,
          "parameters('ingestionIdentity')",
        ),
        ...synapse,
        // clever-lake: lands and pseudonymizes files, and writes its lookup tables.
        ...stages.map((stage) => grant("Storage Blob Data Contributor", onContainer(stage), ingestion)),
        ...vaults.map((vault) => grant("Key Vault Secrets User", onVault(vault), ingestion)),
        // The workspace: lands files, reads pseudonymized tables, and has its own files. No access to stage2np.
        grant("Storage Blob Data Contributor", onContainer(workspaceFileSystem), workspace),
        grant("Storage Blob Data Contributor", onContainer("stage1np"), workspace),
        grant("Storage Blob Data Reader", onContainer("stage2p"), workspace),
        grant("Key Vault Secrets User", onVault("keyVault"), workspace),
        grant("Key Vault Secrets User", onVault("saltKeyVault"), notebookInWorkspace),
        ...["stage2np", "stage2p"].map((stage) =>
          grant("Storage Blob Data Contributor", onContainer(stage), notebookInWorkspace),
        ),
        grant("Storage Blob Data Reader", onContainer("stage2p"), readers),
      ],
      outputs: {
        lakeUrl: {
          type: "string",
          value: `[reference(${storageId}, '${versions.storage}').primaryEndpoints.dfs]`,
        },
        ingestionClientId: {
          type: "string",
          value: `[reference(${identityId}, '${versions.identity}').clientId]`,
        },
      },
    },
    "azuredeploy.parameters.json": {
      $schema: `${schema}/deploymentParameters.json#`,
      contentVersion: "1.0.0.0",
      parameters: {
        storageAccount: { value: addresses.account },
        keyVault: { value: "KEY_VAULT" },
        saltKeyVault: { value: "SALT_KEY_VAULT" },
        synapseWorkspace: { value: "WORKSPACE" },
        administrator: { value: "OBJECT_ID_OF_THE_ADMINISTRATORS_GROUP" },
        readersGroup: { value: "" },
      },
    },
  };
}

const stages = ["stage1np", "stage2np", "stage2p"] as const;

/** Only the listed addresses and authenticated Azure services. */
const network = {
  bypass: "AzureServices",
  defaultAction: "Deny",
  ipRules: "[parameters('allowedAddresses')]",
};

const storage = [
  {
    ...resource("Microsoft.Storage/storageAccounts", versions.storage, "parameters('storageAccount')"),
    kind: "StorageV2",
    sku: { name: "Standard_ZRS" },
    properties: {
      isHnsEnabled: true,
      accessTier: "Hot",
      minimumTlsVersion: "TLS1_2",
      supportsHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      networkAcls: {
        ...network,
        resourceAccessRules: [{ tenantId: "[subscription().tenantId]", resourceId: `[${workspaceId}]` }],
      },
    },
  },
  {
    type: "Microsoft.Storage/storageAccounts/blobServices",
    apiVersion: versions.storage,
    name: "[concat(parameters('storageAccount'), '/default')]",
    dependsOn: [`[${storageId}]`],
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 14 },
      containerDeleteRetentionPolicy: { enabled: true, days: 14 },
    },
  },
  ...[...stages, workspaceFileSystem].map((name) => ({
    type: containerType,
    apiVersion: versions.storage,
    name: `[concat(parameters('storageAccount'), '/default/${name}')]`,
    dependsOn: [
      `[${idOf("Microsoft.Storage/storageAccounts/blobServices", "parameters('storageAccount')", "'default'")}]`,
    ],
    properties: { publicAccess: "None" },
  })),
];

const vaultNamed = (name: Vault) => ({
  ...resource("Microsoft.KeyVault/vaults", versions.vault, `parameters('${name}')`),
  properties: {
    tenantId: "[subscription().tenantId]",
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    enablePurgeProtection: true,
    softDeleteRetentionInDays: 90,
    networkAcls: network,
  },
});

const synapse = [
  {
    ...resource("Microsoft.Synapse/workspaces", versions.synapse, "parameters('synapseWorkspace')"),
    identity: { type: "SystemAssigned" },
    dependsOn: [`[${containerId(workspaceFileSystem)}]`],
    properties: {
      defaultDataLakeStorage: {
        accountUrl: `[reference(${storageId}, '${versions.storage}').primaryEndpoints.dfs]`,
        filesystem: workspaceFileSystem,
      },
      azureADOnlyAuthentication: true,
      cspWorkspaceAdminProperties: { initialWorkspaceAdminObjectId: "[parameters('administrator')]" },
    },
  },
  {
    ...resource(
      "Microsoft.Synapse/workspaces/bigDataPools",
      versions.synapse,
      `concat(parameters('synapseWorkspace'), '/${sparkPoolName}')`,
    ),
    dependsOn: [`[${workspaceId}]`],
    properties: {
      nodeSize: "Small",
      nodeSizeFamily: "MemoryOptimized",
      nodeCount: 3,
      autoPause: { enabled: true, delayInMinutes: 15 },
      sparkVersion: "3.5",
    },
  },
];
