"""Which small changes a source file can have, each of which some test should notice."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Mod: ast.Mult,
}
_LOGGERS = ("log", "logger", "logging", "warnings")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: `source` is the whole file after it. `scope` is the function's qualified name, empty at module level.

    `names` are those that a statement at module or class level binds: who uses them is changed by the mutant, too.
    """

    file: str
    line: int
    operator: str
    scope: str
    names: tuple[str, ...]
    original: str
    source: str

    @property
    def diff(self) -> list[str]:
        lines = unified_diff(self.original.splitlines(), self.source.splitlines(), n=0, lineterm="")
        return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def mutants_of(path: Path, root: Path) -> list[Mutant]:
    """All mutants of a file, in the order of its lines; `file` is relative to `root`."""
    text = path.read_text()
    walker = _Walker(text, str(path.relative_to(root)))
    walker.visit(ast.parse(text))
    return walker.found


class _Walker(ast.NodeVisitor):
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._lines = text.encode().splitlines(keepends=True)
        self._scope: list[str] = []
        self._in_function = 0
        self._names: tuple[str, ...] = ()
        self.found: list[Mutant] = []

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._scope.append(node.name)
        self._in_function += 1
        for default in [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]:
            self.visit(default)
        self._body(node.body)
        self._in_function -= 1
        self._scope.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scope.append(node.name)
        self._body(node.body)
        self._scope.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)  # and not the annotation

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node.test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
            self._add(node.test, "condition negated", ast.UnaryOp(ast.Not(), node.test))
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """What is asserted is for the type checker."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Texts are left alone: their parts have no place of their own before Python 3.12."""

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.stmt) and not self._in_function:
            names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
            self._names = tuple(each.id for each in names if isinstance(each.ctx, ast.Store))
        if isinstance(node, ast.stmt | ast.expr):
            for operator, changed in _changes(node):
                self._add(node, operator, changed)
        super().generic_visit(node)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def _add(self, node: ast.stmt | ast.expr, operator: str, changed: ast.AST) -> None:
        new = ast.unparse(changed)
        if isinstance(changed, ast.expr) and not isinstance(changed, ast.Call | ast.Constant | ast.Name):
            new = f"({new})"
        scope = ".".join(self._scope) if self._in_function else ""
        names = () if self._in_function else self._names
        found = Mutant(self._file, node.lineno, operator, scope, names, self._text, self._replaced(node, new))
        if found.source != self._text:
            self.found.append(found)

    def _replaced(self, node: ast.stmt | ast.expr, new: str) -> str:
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = b"".join(self._lines[:first]) + self._lines[first][: node.col_offset]
        after = self._lines[last][node.end_col_offset :] + b"".join(self._lines[last + 1 :])
        return (before + new.encode() + after).decode()


def _changes(node: ast.stmt | ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OPPOSITE:
            changed = deepcopy(node)
            changed.ops = [_OPPOSITE[type(op)]()]
            yield "comparison", changed
        case ast.BoolOp(op=op):
            yield "and/or", ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not dropped", operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC and not _is_text(left, right):
            yield "arithmetic", ast.BinOp(left, _ARITHMETIC[type(op)](), right)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "branches swapped", ast.IfExp(test, orelse, body)
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.Call():
            yield from _calls(node)
        case _:
            yield from _statements(node)


def _is_text(*operands: ast.expr) -> bool:
    return any(isinstance(each, ast.JoinedStr) or _text_of(each) is not None for each in operands)


def _text_of(node: ast.expr) -> str | bytes | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) else None


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    args = node.args
    if len(args) >= 2 and not any(isinstance(each, ast.Starred) for each in args):
        yield "arguments swapped", ast.Call(node.func, [*args[:-2], args[-1], args[-2]], node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in ("name", "title", "cause", "remedy", "default"):
            yield "argument dropped", ast.Call(node.func, args, node.keywords[:index] + node.keywords[index + 1 :])


def _statements(node: ast.stmt | ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Raise():
            yield "raise dropped", ast.Pass()
        case ast.Return(value=value) if value is not None and ast.unparse(value) != "None":
            yield "returns None", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
            if not ast.unparse(call.func).startswith(_LOGGERS):
                yield "call dropped", ast.Pass()
        case ast.AugAssign():
            yield "assignment dropped", ast.Pass()
        case ast.Assign(targets=[ast.Attribute()]):
            yield "assignment dropped", ast.Pass()
        case ast.Break():
            yield "break/continue", ast.Continue()
        case ast.Continue():
            yield "break/continue", ast.Break()
        case _:
            pass
