"""Size budgets: module median <= 130 lines and none > 400; functions' 90th percentile <= 30 lines and none > 60."""

import ast
import sys
from pathlib import Path
from statistics import median

ROOMS = ("worker", "connectors", "policies")
MODULE_MEDIAN, MODULE_MOST = 130, 400
FUNCTION_P90, FUNCTION_MOST = 30, 60


def main() -> int:
    """Print the figures and every offender; 1 when a budget is broken."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(f for room in ROOMS for f in (root / room).rglob("*.py") if "versions" not in f.parts)
    modules = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    functions = {
        f"{f.relative_to(root)}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for f in files
        for node in ast.walk(ast.parse(f.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    ordered = sorted(functions.values())
    p90 = ordered[int(len(ordered) * 0.9)]
    middle = median(modules.values())
    print(f"modules: {len(modules)}, median {middle:.0f}, most {max(modules.values())} lines")
    print(f"functions: {len(ordered)}, 90 % within {p90}, most {ordered[-1]} lines")
    wrong = [f"{f.relative_to(root)}: {n} lines, at most {MODULE_MOST}" for f, n in modules.items() if n > MODULE_MOST]
    wrong += [f"{name}: {n} lines, at most {FUNCTION_MOST}" for name, n in functions.items() if n > FUNCTION_MOST]
    wrong += [f"module median {middle:.0f}, at most {MODULE_MEDIAN}"] if middle > MODULE_MEDIAN else []
    wrong += [f"function p90 {p90}, at most {FUNCTION_P90}"] if p90 > FUNCTION_P90 else []
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
