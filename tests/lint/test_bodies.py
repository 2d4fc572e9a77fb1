"""Rules on expressions and statements: each with a source that breaks it and one that does not."""

import pytest

FLAG = """
flag Role:
    ADMIN
    AGENT

MASK: constant(uint256) = 7
"""

TERNARIES = {
    "arm": "return (y | 4) if y > 2 else y",
    "other_arm": "return y if y > 2 else y & 4",
    "condition": "return 1 if (y & 4) != 0 else y",
    "named_constant": "return (y | MASK) if y > 2 else y",
    "nested": "return (1 + min(y | MASK, 9)) if y > 2 else y",
    "folded_sum": "return (y & (2 ** 8 - 1)) if y > 2 else y",
    "converted": "return (y | convert(True, uint256)) if y > 2 else y",
    "flag_member": "return convert((r | Role.ADMIN) if y > 2 else r, uint256)",
    "inside_argument": "return max(y, (4 | y) if y > 2 else y)",
}
FUNCTION = "@external\n@view\ndef f(y: uint256, r: Role) -> uint256:\n    {}\n"


@pytest.mark.parametrize("body", TERNARIES.values(), ids=TERNARIES)
def test_ternary_bitwise__constant_operand__fires(project, body):
    assert project.fires("ternary-bitwise", FLAG + FUNCTION.format(body))


@pytest.mark.parametrize(
    "body",
    [
        "return (y | convert(r, uint256)) if y > 2 else y",
        "return (y ^ 4) if y > 2 else y",
        "return (y + 4) if y > 2 else y",
        "z: uint256 = y | 4\n    return z if y > 2 else y",
    ],
    ids=["two_variables", "xor", "addition", "outside"],
)
def test_ternary_bitwise__no_constant_operand__silent(project, body):
    assert not project.fires("ternary-bitwise", FLAG + FUNCTION.format(body))


def test_ternary_bitwise__imported_constant__fires(project):
    project.write("contracts/modules/bits.vy", "# pragma version 0.4.3\nLOW: constant(uint256) = 255\n")
    code = "from contracts.modules import bits\n" + FLAG
    assert project.fires("ternary-bitwise", code + FUNCTION.format("return (y & bits.LOW) if y > 2 else y"))


@pytest.mark.parametrize("name", ["unsafe_add", "unsafe_sub", "unsafe_mul", "unsafe_div"])
def test_unsafe_math__without_reason__fires(project, name):
    code = f"@external\n@view\ndef f(y: uint256) -> uint256:\n    return {name}(y, 1)\n"
    assert project.fires("unsafe-math", code)


def test_unsafe_math__empty_reason__fires(project):
    code = "@external\n@view\ndef f(y: uint256) -> uint256:\n    return unsafe_add(y, 1)  # unsafe:\n"
    assert project.fires("unsafe-math", code)


def test_unsafe_math__reason_in_a_string__fires(project):
    body = '    assert unsafe_add(y, 1) > y, "# unsafe: no"\n    return y\n'
    assert project.fires("unsafe-math", "@external\n@view\ndef f(y: uint256) -> uint256:\n" + body)


def test_unsafe_math__with_reason__silent(project):
    body = "    return unsafe_add(y, 1)  # unsafe: y is below 2**112\n"
    assert not project.fires("unsafe-math", "@external\n@view\ndef f(y: uint256) -> uint256:\n" + body)


RAW_CALL = "@internal\ndef _call(to: address):\n    raw_call(to, b'')\n"


def test_raw_call_place__in_a_contract__fires(project):
    assert project.fires("raw-call-place", RAW_CALL)


def test_raw_call_place__in_another_module__fires(project):
    assert project.fires("raw-call-place", RAW_CALL, path="contracts/modules/other.vy")


def test_raw_call_place__in_its_module__silent(project):
    assert not project.fires("raw-call-place", RAW_CALL, path="contracts/modules/guarded_call.vy")


LOOP = """
interface Other:
    def next() -> uint256: nonpayable
    def peek() -> uint256: view

total: uint256
queue: DynArray[uint256, 4]

@internal
def _bump() -> uint256:
    self.total += 1
    return self.total

@internal
@view
def _peek() -> uint256:
    return self.total

@external
def f(other: Other):
    for i: uint256 in {header}:
        self.total += i
"""


@pytest.mark.parametrize(
    "header",
    [
        "range(self._bump(), bound=4)",
        "range(extcall other.next(), bound=4)",
        "[extcall other.next(), 2]",
        "[1, self.queue.pop()]",
    ],
    ids=["internal", "extcall", "literal", "pop"],
)
def test_loop_header__with_effect__fires(project, header):
    assert project.fires("loop-header", LOOP.format(header=header))


@pytest.mark.parametrize(
    "header",
    ["range(self._peek(), bound=4)", "range(staticcall other.peek(), bound=4)", "self.queue", "range(4)"],
    ids=["view", "staticcall", "storage", "literal"],
)
def test_loop_header__without_effect__silent(project, header):
    assert not project.fires("loop-header", LOOP.format(header=header))


def _long_function(statements: int, doc: int = 0) -> str:
    lines = ["@external", "@pure", "def f(y: uint256) -> uint256:"]
    if doc:
        lines += ['    """', "    @notice Sums.", *["    More words."] * (doc - 3), '    """']
    lines += ["    z: uint256 = y", *["    z += 1"] * (statements - 2), "    return z"]
    return "\n".join(lines) + "\n"


def test_function_length__41_lines__fires(project):
    assert project.fires("function-length", _long_function(40))


def test_function_length__40_lines_and_natspec__silent(project):
    assert not project.fires("function-length", _long_function(39, doc=12))


def test_file_length__401_lines__fires(project):
    assert project.fires("file-length", "# filler\n" * 394)
    assert project.lines("file-length") == [401]


def test_file_length__400_lines__silent(project):
    assert not project.fires("file-length", "# filler\n" * 393)


def test_python_file_length__401_lines__fires(project):
    project.write("scripts/long.py", "x = 1\n" * 401)
    project.write("scripts/fits.py", "x = 1\n" * 400)
    project.write(".venv/lib/installed.py", "x = 1\n" * 401)
    found = [(finding.path, finding.rule) for finding in project.findings()]
    assert found == [("scripts/long.py", "file-length")]


def test_python_function_length__41_lines__fires(project):
    project.write("scripts/long.py", "def f():\n" + "    x = 1\n" * 40)
    project.write("scripts/fits.py", 'def f():\n    """Words.\n\n    More.\n    """\n' + "    x = 1\n" * 39)
    found = [(finding.path, finding.rule) for finding in project.findings()]
    assert found == [("scripts/long.py", "function-length")]


def test_python_syntax__broken_file__fires(project):
    project.write("scripts/broken.py", "def f(:\n")
    assert project.lines("syntax") == [1]
