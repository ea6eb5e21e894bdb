"""Independent clients of Data Lake Storage: JSON request on standard input, JSON answer on standard output.

Each command performs a client's operations on a file system and returns what it saw."""

import datetime
import json
import os
import sys


def refusal(call):
    """Azure's error code of a refused call."""
    try:
        call()
    except Exception as error:
        code = getattr(error, "error_code", None) or getattr(getattr(error, "error", None), "code", None)
        return str(getattr(code, "value", code or error))
    return "went through"


def service(request, credential=None):
    from azure.storage.filedatalake import DataLakeServiceClient

    key = {"account_name": request["account"], "account_key": request["key"]}
    return DataLakeServiceClient(request["url"], credential=credential or key, retry_total=0)


def azure_sdk(request):
    """Azure's Python SDK."""
    from azure.storage.filedatalake import ContentSettings

    account = service(request)
    lake = account.create_file_system("pythonsdk", metadata={"made": "here"})
    file = lake.create_file("a/b/ä & b.csv", metadata={"source": "clever"})
    file.append_data(b"hello ", 0, 6)
    file.append_data(b"world", 6, 5, flush=True)
    seen = {"read": file.download_file().readall().decode(), "range": file.download_file(6, 3).readall().decode()}
    seen["metadata"] = file.get_file_properties().metadata
    large = os.urandom(9_000_001)
    file.upload_data(large, overwrite=True, chunk_size=4_000_000)
    seen["large"] = file.download_file().readall() == large
    seen["exists"] = refusal(lambda: file.create_file(match_condition=match("IfMissing")))
    seen["stale"] = refusal(
        lambda: file.flush_data(len(large), match_condition=match("IfNotModified"), etag='"0x8000000000000000"')
    )
    tag = file.get_file_properties().etag
    moved = file.rename_file("pythonsdk/a/moved.csv")
    seen["sameTag"] = moved.get_file_properties().etag == tag
    seen["gone"] = [refusal(file.get_file_properties), refusal(file.download_file)]
    lease = moved.acquire_lease(60)
    seen["leased"] = refusal(lambda: moved.append_data(b"x", len(large)))
    lease.release()
    moved.set_metadata({"other": "1"})
    moved.set_http_headers(ContentSettings(content_type="text/csv"))
    properties = moved.get_file_properties()
    seen["properties"] = [properties.size, properties.metadata, properties.content_settings.content_type]
    seen["access"] = moved.get_access_control()["permissions"]
    seen["paths"] = [[p.name, p.is_directory, p.content_length] for p in lake.get_paths()]
    seen["pages"] = [[p.name for p in page] for page in lake.get_paths(max_results=2).by_page()]
    seen["notEmpty"] = refusal(lambda: lake.get_directory_client("a")._client.path.delete(recursive=False))
    lake.delete_directory("a")
    seen["left"] = [p.name for p in lake.get_paths()]
    seen["fileSystem"] = lake.get_file_system_properties().metadata
    seen["fileSystems"] = [f.name for f in account.list_file_systems(name_starts_with="python")]
    seen["sas"] = with_sas(request, lake)
    lake.delete_file_system()
    return seen


def match(name):
    from azure.core import MatchConditions

    return getattr(MatchConditions, name)


def with_sas(request, lake):
    """What SAS of the account and of the file system, created by the SDK, allow."""
    from azure.storage.filedatalake import (
        AccountSasPermissions,
        FileSystemSasPermissions,
        ResourceTypes,
        generate_account_sas,
        generate_file_system_sas,
    )

    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    names = {"account_name": request["account"], "expiry": end}
    tokens = [
        generate_account_sas(
            account_key=request["key"],
            resource_types=ResourceTypes.from_string("sco"),
            permission=AccountSasPermissions(read=True, write=True, list=True, create=True),
            **names,
        ),
        generate_file_system_sas(
            file_system_name=lake.file_system_name,
            credential=request["key"],
            permission=FileSystemSasPermissions.from_string("rl"),
            **names,
        ),
    ]
    clients = [service(request, token).get_file_system_client(lake.file_system_name) for token in tokens]
    return [[refusal(lambda: c.create_file("f")), refusal(lambda: list(c.get_paths()))] for c in clients]


def opendal(request):
    """OpenDAL's azdls service."""
    import opendal

    lake = opendal.Operator(
        "azdls",
        root="/below",
        filesystem=request["fileSystem"],
        endpoint=request["url"],
        account_name=request["account"],
        account_key=request["key"],
    )
    lake.write("a/b ü.txt", b"hello")
    with lake.open("large", "wb") as file:
        for index in range(5):
            file.write(bytes([index]) * 1_000_000)
    seen = {"read": bytes(lake.read("a/b ü.txt")).decode(), "size": lake.stat("large").content_length}
    with lake.open("large", "rb") as file:
        file.seek(999_999)
        seen["range"] = list(file.read(3))
    seen["all"] = sorted(entry.path for entry in lake.scan(""))
    lake.create_dir("d/e/")
    lake.rename("large", "d/e/renamed")
    seen["renamed"] = [lake.exists("large"), lake.exists("d/e/renamed")]
    seen["missing"] = failure(lambda: lake.read("large"))
    seen["present"] = failure(lambda: lake.write("a/b ü.txt", b"other", if_not_exists=True))
    lake.delete("d/e/renamed")
    lake.remove_all("a/")
    seen["left"] = sorted(entry.path for entry in lake.scan(""))
    return seen


def failure(call):
    """The kind of an OpenDAL error."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "went through"


def delta_rs(request):
    """A delta-rs table at the blob endpoint: written, appended to and read."""
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    options = {
        "azure_storage_account_name": request["account"],
        "azure_storage_account_key": request["key"],
        "azure_storage_endpoint": request["url"],
        "allow_http": "true",
    }
    uri = f"az://{request['fileSystem']}/{request['table']}"
    for values in request.get("append", []):
        write_deltalake(uri, pa.table({"n": values}), mode="append", storage_options=options)
    table = DeltaTable(uri, storage_options=options)
    rows = table.to_pyarrow_table().to_pylist()
    return {"version": table.version(), "rows": rows}


commands = {"azureSdk": azure_sdk, "opendal": opendal, "deltaRs": delta_rs}
request = json.load(sys.stdin)
json.dump(commands[request["command"]](request), sys.stdout, default=str)
sys.stdout.flush()
# Threads of the native packages sometimes abort a normally ending interpreter; the answer has been printed by now.
os._exit(0)
