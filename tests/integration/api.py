"""The API, as a client without a library sees it."""
import json, urllib.error, urllib.parse, urllib.request


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
