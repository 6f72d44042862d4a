#!/usr/bin/env python3
"""A second checker of OCSF events, independent of the one in src/logic/ocsf: it reads the compiled schema itself and
follows the rule list of the OCSF reference point by point. Tests run both and compare what they say.

    check_ocsf.py SCHEMA.json [FILE…]     NDJSON from the files or standard input; a line per finding; exit 1 on errors"""
import json, re, sys

INTEGERS = {"integer_t": 31, "long_t": 63}
OTHER = 99


class Checker:
    def __init__(self, schema):
        self.schema = schema
        self.by_uid = {c["uid"]: c for c in schema["classes"].values()}
        self.types = schema["dictionary"]["types"]["attributes"]
        self.regexes = {n: re.compile(t["regex"], re.ASCII) for n, t in self.types.items() if "regex" in t}

    def check(self, event):
        """All findings of one event, as (level, rule, path) with level "E" or "W"."""
        self.findings, self.profiles = [], set()
        if not isinstance(event, dict):
            self.say("E", "type", "")
            return self.findings
        uid = event.get("class_uid")
        if uid is None:
            self.say("E", "required", "class_uid")
        elif not self.is_integer(uid, 31):
            self.say("E", "type", "class_uid")
        elif uid not in self.by_uid:
            self.say("E", "enum", "class_uid")
        else:
            self.check_known(event, self.by_uid[uid])
        return self.findings

    def check_known(self, event, cls):
        meta = event.get("metadata") if isinstance(event.get("metadata"), dict) else {}
        self.check_profiles(meta.get("profiles"))
        self.item(event, cls, "")
        self.version(meta.get("version"))
        numbers = [event.get(k) for k in ("class_uid", "activity_id", "type_uid")]
        if all(self.is_integer(n, 63) for n in numbers) and numbers[0] * 100 + numbers[1] != numbers[2]:
            self.say("E", "type_uid", "type_uid")
        if isinstance(event.get("observables"), list):
            for i, o in enumerate(event["observables"]):
                if isinstance(o, dict) and isinstance(o.get("name"), str):
                    self.observable(event, cls, o, f"observables[{i}]")

    def say(self, level, rule, path):
        self.findings.append((level, rule, path))

    # ---- profiles ----------------------------------------------------------------------------------------------------
    def check_profiles(self, profiles):
        for i, p in enumerate(profiles if isinstance(profiles, list) else []):
            if isinstance(p, str) and p not in self.schema["profiles"]:
                self.say("E", "profile", f"metadata.profiles[{i}]")
            elif isinstance(p, str):
                self.profiles.add(p)

    def attributes(self, item):
        return {n: a for n, a in item["attributes"].items()
                if not a.get("profiles") or self.profiles.intersection(a["profiles"])}

    # ---- a class or an object ------------------------------------------------------------------------------------------
    def item(self, value, item, path):
        if "@deprecated" in item:
            self.say("W", "deprecated", path)
        if not item["attributes"]:
            return
        attributes = self.attributes(item)
        for name, a in attributes.items():
            self.attribute(value, name, a, f"{path}.{name}" if path else name)
            self.caption(value, name, a, path)
        for key in value:
            if key not in attributes:
                self.say("E", "unknown_attribute", f"{path}.{key}" if path else key)
        for kind, names in (item.get("constraints") or {}).items():
            there = sum(self.has(value, n) for n in names)
            if there == 0 or (kind == "just_one" and there > 1):
                self.say("E", "constraint", path)

    @staticmethod
    def has(value, dotted):
        for part in dotted.split("."):
            if not isinstance(value, dict) or part not in value:
                return False
            value = value[part]
        return True

    def attribute(self, owner, name, a, path):
        value = owner.get(name)
        if value is None:
            if a["requirement"] == "required":
                self.say("E", "required", path)
            elif name in owner and "enum" in a:
                self.say("E", "enum", path)
            return
        if "@deprecated" in a:
            self.say("W", "deprecated", path)
        if not a.get("is_array"):
            self.value(value, a, path)
        elif not isinstance(value, list):
            self.say("E", "type", path)
        else:
            for i, element in enumerate(value):
                self.value(element, a, f"{path}[{i}]")

    # ---- a value ---------------------------------------------------------------------------------------------------------
    @staticmethod
    def is_integer(v, bits):
        return isinstance(v, int) and not isinstance(v, bool) and -(2**bits) <= v < 2**bits

    def value(self, v, a, path):
        if a["type"] == "object_t":
            if isinstance(v, dict):
                self.item(v, self.schema["objects"][a["object_type"]], path)
            else:
                self.say("E", "type", path)
            return
        own = self.types[a["type"]]
        base = own.get("type", a["type"])
        if not self.fits(v, base):
            self.say("E", "type", path)
            return
        bounds = {**self.types[base], **own}
        if base == "string_t" and len(v) > bounds.get("max_len", len(v)):
            self.say("E", "max_len", path)
        if a["type"] in self.regexes and not self.regexes[a["type"]].search(v):
            self.say("E", "regex", path)
        if "range" in bounds and not bounds["range"][0] <= v <= bounds["range"][1]:
            self.say("E", "range", path)
        if "values" in bounds and v not in bounds["values"]:
            self.say("E", "values", path)
        if "enum" in a:
            known = a["enum"].get(str(v))
            if known is None:
                self.say("E", "enum", path)
            elif "@deprecated" in known:
                self.say("W", "deprecated", path)

    def fits(self, v, base):
        if base in INTEGERS:
            return self.is_integer(v, INTEGERS[base])
        return {"string_t": isinstance(v, str), "float_t": isinstance(v, float), "boolean_t": isinstance(v, bool),
                "json_t": True}[base]

    # ---- captions beside enum values ---------------------------------------------------------------------------------------
    def caption(self, owner, name, a, path):
        sibling = a.get("sibling")
        if "enum" not in a or name not in owner or sibling is None or sibling not in owner:
            return
        value, words = owner[name], owner[sibling]
        where = f"{path}.{sibling}" if path else sibling
        if not a.get("is_array"):
            self.one_caption(value, words, a, where)
        elif isinstance(value, list) and isinstance(words, list):
            for i, v in enumerate(value):
                if v != OTHER or isinstance(v, bool):
                    self.one_caption(v, words[i] if i < len(words) else None, a, f"{where}[{i}]")

    def one_caption(self, value, word, a, where):
        is_plain = isinstance(value, (int, str)) and not isinstance(value, bool)
        known = a["enum"].get(str(value)) if is_plain else None
        if known is None:
            return
        if value == OTHER:
            if word == known["caption"]:
                self.say("W", "caption", where)
        elif word != known["caption"]:
            self.say("E", "caption", where)

    # ---- metadata.version ----------------------------------------------------------------------------------------------------
    def version(self, text):
        if not isinstance(text, str):
            return
        m = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(-.*)?", text, re.ASCII | re.DOTALL)
        ours = [int(x) for x in self.schema["version"].split(".")]
        if m is None:
            self.say("E", "version", "metadata.version")
        elif m[4] or [int(x) for x in m.groups()[:3]] > ours:
            self.say("E", "version", "metadata.version")
        elif [int(x) for x in m.groups()[:3]] < ours:
            self.say("W", "version", "metadata.version")

    # ---- observables -------------------------------------------------------------------------------------------------------------
    def observable(self, event, cls, o, where):
        item, values, a, name = cls, [event], None, None
        for part in o["name"].split("."):
            m = re.fullmatch(r"([^\[\]]*)(\[(\d*)\])?", part, re.ASCII)
            a = self.attributes(item).get(m[1]) if m and item else None
            if a is None or (m[2] and not a.get("is_array")):
                self.say("E", "observable", where)
                return
            name = m[1]
            values = self.step(values, name, int(m[3]) if m[3] else None)
            item = self.schema["objects"][a["object_type"]] if a["type"] == "object_t" else None
        values = [v for v in values if v is not None]
        given = o.get("value") if isinstance(o.get("value"), str) else None
        if (given is not None and item is not None) or not values:
            self.say("E", "observable", where)
        elif given is not None and given not in [self.text(v) for v in values]:
            self.say("E", "observable", where)
        if self.is_integer(o.get("type_id"), 63) and o["type_id"] not in self.kinds(name, a):
            self.say("E", "observable", where)

    @staticmethod
    def step(values, name, index):
        found = []
        for v in values:
            v = v.get(name) if isinstance(v, dict) else None
            if isinstance(v, list):
                found += v if index is None else v[index:index + 1]
            elif v is not None:
                found.append(v)
        return found

    @staticmethod
    def text(v):
        return v if isinstance(v, str) else json.dumps(v)

    def kinds(self, name, a):
        """The type ids that fit: the attribute's, its object's, the dictionary's, its type's; without any: unknown or other."""
        d = self.schema["dictionary"]["attributes"].get(name, {})
        for place in (a, self.schema["objects"].get(a.get("object_type"), {}), d, self.types.get(a["type"], {})):
            if place.get("observable"):
                return (place["observable"],)
        return (0, OTHER)


def check_text(checker, text):
    try:
        return checker.check(json.loads(text))
    except (ValueError, RecursionError):
        return [("E", "json", "")]


def main():
    checker = Checker(json.load(open(sys.argv[1], encoding="utf-8")))
    errors = 0
    for name in sys.argv[2:] or ["/dev/stdin"]:
        for number, line in enumerate(open(name, encoding="utf-8"), 1):
            for level, rule, path in check_text(checker, line):
                errors += level == "E"
                print(f"{name}:{number}: {level} {rule} {path}")
    sys.exit(errors > 0)


if __name__ == "__main__":
    main()
