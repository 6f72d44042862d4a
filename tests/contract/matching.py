"""What a row of the contract expects of an answer: paths into JSON, and matchers."""
import re

KEY = re.compile(r"[^.\[\]]*@odata\.\w+|[^.\[\]]+|\[\d+\]|\[-1\]|\[\*\]")
TYPES = {"string": str, "number": (int, float), "bool": bool, "array": list, "object": dict, "null": type(None)}
MISSING = object()


def pick(value, path):
    """All values at `path`: a.b[0].c, value[*].id; "" is the whole. A value that is not there is MISSING."""
    found = [value]
    for key in KEY.findall(path):
        if key == "[*]":
            found = [one for v in found for one in (v if isinstance(v, list) else v.values() if isinstance(v, dict) else [])]
        elif key[0] == "[":
            index = int(key[1:-1])
            found = [v[index] if isinstance(v, list) and -len(v) <= index < len(v) else MISSING for v in found]
        else:
            found = [v.get(key, MISSING) if isinstance(v, dict) else MISSING for v in found]
    return found


def is_type(value, name):
    return isinstance(value, TYPES[name]) and not (name == "number" and isinstance(value, bool))


def equal(have, want):
    if isinstance(want, str) and len(want) > 1 and want[0] == want[-1] == "/":
        return isinstance(have, str) and re.search(want[1:-1], have) is not None
    if isinstance(have, bool) != isinstance(want, bool):
        return False
    return have == want


def one_matches(have, want):
    if not isinstance(want, dict):
        return have is not MISSING and equal(have, want)
    tests = {
        "absent": lambda w: (have is MISSING) == w,
        "is": lambda w: have is not MISSING and any(is_type(have, t) for t in ([w] if isinstance(w, str) else w)),
        "in": lambda w: any(equal(have, x) for x in w),
        "not": lambda w: have is not MISSING and not one_matches(have, w),
        "equals": lambda w: have == w,
        "keys": lambda w: isinstance(have, dict) and sorted(have) == sorted(w),
        "has": lambda w: isinstance(have, (dict, list)) and all(x in have for x in w),
        "count": lambda w: isinstance(have, (list, dict, str)) and len(have) == w,
        "at_least": lambda w: is_type(have, "number") and have >= w,
        "at_most": lambda w: is_type(have, "number") and have <= w,
        "holds_at_least": lambda w: isinstance(have, (list, dict)) and len(have) >= w,
    }
    return all(tests[name](w) for name, w in want.items())


# Matchers of all values of a path with [*] together.
OF_ALL = {
    "order": lambda values, w: values == sorted(values, reverse=w == "descending"),
    "distinct": lambda values, w: (len({repr(v) for v in values}) == len(values)) == w,
    "some": lambda values, w: any(one_matches(v, w) for v in values),
    "together": lambda values, w: len(values) == w,
}


def fault(value, path, want):
    """None when what `path` leads to is as wanted; else what is wrong."""
    values = pick(value, path)
    shown = ", ".join("nothing" if v is MISSING else repr(v)[:200] for v in values[:5]) or "no value"
    of_all = {k: w for k, w in want.items() if k in OF_ALL} if isinstance(want, dict) else {}
    if of_all:
        if not all(OF_ALL[k](values, w) for k, w in of_all.items()):
            return f"{path}: wanted {of_all}, have {shown}"
        want = {k: w for k, w in want.items() if k not in OF_ALL}
        if not want:
            return None
    if not values:
        return f"{path}: wanted {want}, have none"  # a matcher that sees nothing proves nothing
    bad = [v for v in values if not one_matches(v, want)]
    return f"{path}: wanted {want!r}, have {shown}" if bad else None


def known(want):
    """Are all words of this matcher matchers?"""
    words = {"absent", "is", "in", "not", "equals", "keys", "has", "count", "at_least", "at_most", "holds_at_least", *OF_ALL}
    return not isinstance(want, dict) or set(want) <= words


EXAMPLE = {"a": {"b": [{"c": 1, "d@odata.type": "#SByte"}, {"c": 2}]}, "t": "2026", "n": None, "e": [], "f": False}
# path, what is wanted of it, whether that is so
CHECKS = [
    ("a.b[0].c", 1, True), ("a.b[0].c", 2, False), ("a.b[0].c", True, False), ("a.b[-1].c", 2, True), ("a.b[*].c", {"in": [1, 2]}, True),
    ("a.b[*].c", 1, False), ("a.b[*].c", {"some": 2}, True), ("a.b[*].c", {"some": 3}, False), ("a.b[*].c", {"order": "ascending"}, True),
    ("a.b[*].c", {"order": "descending"}, False), ("a.b[0].d@odata.type", "#SByte", True), ("t", "/^20/", True), ("t", "/^21/", False),
    ("n", None, True), ("n", {"absent": True}, False), ("x", {"absent": True}, True), ("x", None, False), ("x", {"not": 1}, False), ("t", {"not": 1}, True),
    ("e", {"count": 0}, True), ("e[*]", {"is": "string"}, False), ("f", False, True), ("f", 0, False), ("f", {"is": "number"}, False),
    ("a", {"has": ["b"]}, True), ("a", {"has": ["c"]}, False), ("a", {"keys": ["b"]}, True), ("a.b", {"holds_at_least": 3}, False),
    ("a.b[0].c", {"at_least": 1, "at_most": 0}, False), ("e", {"equals": []}, True), ("", {"has": ["t"]}, True), ("a.b[*].c", {"distinct": True}, True),
]


def self_check():
    """Where the matchers do not say what they should."""
    return [check for check in CHECKS if (fault(EXAMPLE, check[0], check[1]) is None) != check[2]]
