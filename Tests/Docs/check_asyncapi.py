"""Holds docs/asyncapi.yaml against the golden vectors, and both against themselves.

Needs jsonschema and PyYAML. Prints one line for each fault; the last line is "N passed, M failed".
"""

import json
import pathlib
import sys

import jsonschema
import referencing
import referencing.jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT / "Tests" / "Vectors"
DOCUMENT = "urn:asyncapi"

# What a JSON Schema cannot say: that one member is at most another, and that 1.0 is not written 1.
BEYOND_SCHEMAS = {"floor-above-n", "n-fraction-zero", "n-exponent"}

faults = []


def fault(text):
    faults.append(f"docs/asyncapi.yaml: error: {text}")


def vectors(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def resolve(document, reference):
    """What a local reference points to, or None."""
    if not reference.startswith("#/"):
        return None
    node = document
    for part in reference[2:].split("/"):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def check_structure(document):
    """Every reference leads somewhere, and every part of the document is reached."""
    if document.get("asyncapi") != "3.0.0":
        fault("this is not an AsyncAPI 3.0.0 document")
    for member in ("title", "version"):
        if member not in document.get("info", {}):
            fault(f"info has no {member}")
    used = set()
    for reference in references(document):
        used.add(reference)
        if resolve(document, reference) is None:
            fault(f"{reference} leads nowhere")
    for kind in ("messages", "schemas"):
        for name in document["components"][kind]:
            if f"#/components/{kind}/{name}" not in used:
                fault(f"components.{kind}.{name} is used by nothing")
    for name, operation in document["operations"].items():
        if operation.get("action") not in ("send", "receive"):
            fault(f"operation {name} has no action")
        channel = operation["channel"]["$ref"]
        for message in operation["messages"]:
            if not message["$ref"].startswith(channel + "/messages/"):
                fault(f"operation {name} names a message of another channel: {message['$ref']}")
    for name, channel in document["channels"].items():
        for message in channel["messages"]:
            if f"#/channels/{name}/messages/{message}" not in used:
                fault(f"no operation names the message {message} of the channel {name}")
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft7Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            fault(f"schema {name}: {error.message}")


def validators(document):
    """By direction and type: the name of the message and the validator of its payload."""
    resource = referencing.Resource.from_contents(
        document, default_specification=referencing.jsonschema.DRAFT7
    )
    registry = referencing.Registry().with_resource(DOCUMENT, resource)
    result = {}
    for operation in document["operations"].values():
        direction = {"receive": "client", "send": "server"}[operation["action"]]
        for reference in operation["messages"]:
            name = resolve(document, reference["$ref"])["$ref"].rsplit("/", 1)[1]
            message = document["components"]["messages"][name]
            key = (direction, message["name"])
            if key in result:
                fault(f"two messages have the direction and type {key}")
            schema = {"$ref": DOCUMENT + message["payload"]["$ref"]}
            result[key] = (name, jsonschema.Draft7Validator(schema, registry=registry))
    return result


def check_messages(document, known):
    """Every vector fits its schema and no other one; every message has the vectors that it names."""
    by_name = {}
    for vector in vectors("messages.json"):
        key = (vector["direction"], vector["message"]["type"])
        by_name[vector["name"]] = key
        if key not in known:
            fault(f"no message for the vector {vector['name']}")
            continue
        for error in known[key][1].iter_errors(vector["message"]):
            fault(f"vector {vector['name']} does not fit {known[key][0]}: {error.json_path}: {error.message}")
        for other, (name, validator) in known.items():
            if other != key and other[1] != key[1] and validator.is_valid(vector["message"]):
                fault(f"vector {vector['name']} fits {name} as well")
    for key, (name, _) in known.items():
        if key not in by_name.values():
            fault(f"the message {name} has no vector")
        for vector in document["components"]["messages"][name]["x-vectors"]:
            if by_name.get(vector) != key:
                fault(f"the message {name} names {vector}, which is no vector of it")
    return len(by_name)


def check_frames(known):
    """The schemas accept what is to be accepted, and refuse what has a missing or wrong member."""
    checked = 0
    for vector in vectors("accepted-frames.json"):
        message = json.loads(vector["frame"])
        for error in known[("client", vector["type"])][1].iter_errors(message):
            fault(f"frame {vector['name']} should fit: {error.message}")
        checked += 1
    for vector in vectors("rejected-frames.json"):
        if vector["code"] not in ("invalid-member", "unknown-type"):
            continue
        message = json.loads(vector["frame"])
        kind = message.get("type")
        entry = known.get(("client", kind)) if isinstance(kind, str) else None
        if entry and entry[1].is_valid(message) and vector["name"] not in BEYOND_SCHEMAS:
            fault(f"frame {vector['name']} should not fit {entry[0]}")
        checked += 1
    return checked


def check_codes(document):
    source = (ROOT / "Sources/ParleyProtocol/RejectionCode.swift").read_text(encoding="utf-8")
    for code in document["components"]["schemas"]["RejectionCode"]["enum"]:
        if f'"{code}"' not in source and f"case {code}\n" not in source:
            fault(f"RejectionCode.swift has no {code}")
    seen = {v["message"]["code"] for v in vectors("messages.json") if v["message"]["type"] == "rejected"}
    for code in set(document["components"]["schemas"]["RejectionCode"]["enum"]) ^ seen:
        fault(f"the rejection code {code} is not both in the schema and in a vector")


def main():
    document = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8"))
    check_structure(document)
    count = 0
    if not faults:
        known = validators(document)
        count = check_messages(document, known) + check_frames(known)
        check_codes(document)
    for line in faults:
        print(line, file=sys.stderr)
    # A fault need not be a vector's.
    print(f"{max(count - len(faults), 0)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
