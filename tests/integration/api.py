"""The API, as a client without a library sees it."""
import json, re, urllib.error, urllib.parse, urllib.request


class Api:
    def __init__(self, base, token=None):
        self.base, self.token = base, token

    def ask(self, path, method="GET", body=None, **headers):
        """(status, headers, parsed body or text)"""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.base + path, method=method, data=body, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        raw = answer.read()
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, answer.headers, json.loads(raw) if is_json and raw else raw.decode()

    def pages(self, path, member, limit, **query):
        items, cursor = [], None
        while True:
            asked = {**query, "limit": limit, **({"cursor": cursor} if cursor else {})}
            status, _, page = self.ask(path + "?" + urllib.parse.urlencode(asked))
            if status != 200 or len(page[member]) > limit:
                raise RuntimeError(f"{path}: {status} {str(page)[:300]}")
            items += page[member]
            if not page["next"]:
                return items
            cursor = page["next"]


TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "null": type(None)}
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


def is_a(value, kind):
    return isinstance(value, TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def misfits(document, schema, value, where="answer"):
    """Where a value is not as its schema says: what our document uses of JSON Schema, no more."""
    if "$ref" in schema:
        for part in schema["$ref"][2:].split("/"):
            document_part = (document if part == "components" else document_part)[part]
        schema = document_part
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_a(value, kind) for kind in kinds):
        return [f"{where} is {value!r}, not {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}, none of {schema['enum']}"]
    if schema.get("format") == "date-time" and value is not None and not MOMENT.match(value):
        return [f"{where} is {value!r}, no time"]
    found = []
    if isinstance(value, dict):
        found += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, one in schema.get("properties", {}).items():
            if name in value:
                found += misfits(document, one, value[name], f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for n, one in enumerate(value):
            found += misfits(document, schema["items"], one, f"{where}[{n}]")
    return found
