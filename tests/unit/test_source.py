"""Rules that no linter knows, held by looking at the source."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = sorted((ROOT / "shared").rglob("*.py"))
ROOMS = [path for path in MODULES if path.name == "__init__.py"]
WRITES = {
    "create_entity",
    "update_entity",
    "upsert_entity",
    "submit_transaction",
    "delete_entity",
    "send_message",
    "update_message",
    "delete_message",
    "upload_blob",
    "delete_blob",
}


def _nodes(paths: list[Path], *, naming: Iterable[str]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the syntax of all modules in which one of the words stands at all."""
    for path in paths:
        text = path.read_text()
        if any(word in text for word in naming):
            for node in ast.walk(ast.parse(text)):
                yield path.relative_to(ROOT).as_posix(), node


def _is_write(node: ast.AST) -> bool:
    """Whether this is a write method of an SDK client, not a function of ours with the same name."""
    ours = ("cas", "blob_writes")
    return isinstance(node, ast.Attribute) and node.attr in WRITES and ast.unparse(node.value) not in ours


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_azure_is_known_to_the_app_the_wiring_and_storage_alone() -> None:
    found = {
        name.partition("/storage/")[0]
        for name, node in _nodes([ROOT / "function_app.py", *MODULES], naming=["azure"])
        for module in _imports(node)
        if module.partition(".")[0] == "azure"
    }
    wiring = {"shared/wiring/__init__.py", "shared/wiring/doctor.py"}
    assert found == {"function_app.py", "shared", "shared/http/gateway.py", *wiring}


def test_two_modules_alone_call_the_write_methods_of_the_sdk_beside_one_whose_writes_cannot_be_applied() -> None:
    callers = {name for name, node in _nodes(MODULES, naming=WRITES) if _is_write(node)}
    assert callers == {f"shared/storage/{name}.py" for name in ("cas", "blob_writes", "probes")}


def test_no_thread_is_found_that_the_invocation_is_not_carried_into() -> None:
    """Ruff holds what makes threads; this is a way into those of others that takes no context along."""
    bare = {"run_in_executor", "start_new_thread", "ThreadPoolExecutor", "Thread"}
    callers = {
        name for name, node in _nodes(MODULES, naming=bare) if isinstance(node, ast.Attribute) and node.attr in bare
    }
    assert callers == {"shared/invocation.py"}


def test_nothing_is_ever_upserted() -> None:
    names = {node.attr for _, node in _nodes(MODULES, naming=["upsert"]) if isinstance(node, ast.Attribute)}
    assert not {"upsert_entity", "upsert"} & names


def test_every_write_turns_the_repetitions_of_the_sdk_off() -> None:
    calls = [node for _, node in _nodes(MODULES, naming=WRITES) if isinstance(node, ast.Call) and _is_write(node.func)]
    repeated = {ast.unparse(call.func) for call in calls if "retry_total" not in {word.arg for word in call.keywords}}
    assert repeated == {"queue.delete_message", "blob.delete_blob"}  # deleting twice is harmless


def test_no_module_hides_an_import_from_the_worker() -> None:
    assert [  # which a trigger calls, but names in no annotation
        name
        for name, node in _nodes(MODULES, naming=["TYPE_CHECKING"])
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
    ] == ["shared/wiring/operators.py", "shared/wiring/steps.py"]


def _triggers(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_a_trigger_parses_and_delegates() -> None:
    tree = ast.parse((ROOT / "function_app.py").read_text())
    banned = (ast.If, ast.For, ast.While, ast.Try)
    assert not [node for trigger in _triggers(tree) for node in ast.walk(trigger) if isinstance(node, banned)]
    (which,) = [node for node in ast.walk(tree) if isinstance(node, banned)]
    assert ast.unparse(which).startswith("if settings.poison_triggers:")


def test_all_that_a_trigger_does_is_a_part_of_its_invocation() -> None:
    tree = ast.parse((ROOT / "function_app.py").read_text())
    assert len(_triggers(tree)) == 9
    for function in _triggers(tree):
        _docstring, _import, whole = function.body
        assert isinstance(whole, ast.With), function.name
        assert [ast.unparse(item) for item in whole.items] == ["enter(context)"], function.name


def test_what_the_docstring_of_a_room_names_is_there() -> None:
    for room in ROOMS:
        named = set(re.findall(r"``([a-z_]+)``", ast.get_docstring(ast.parse(room.read_text())) or ""))
        inside, beside = ({path.stem for path in parent.iterdir()} for parent in room.parents[:2])
        texts = [path.read_text() for path in room.parent.rglob("*.py")] if named else []
        functions = {name for name in named for text in texts if f"\ndef {name}(" in text}
        assert named <= functions | inside | (beside - {room.parent.name}), room
