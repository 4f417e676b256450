/// JSON Merge Patch (RFC 7396): how an event says what it changes.
public enum MergePatch {
    /// Applies `patch`. Costs what the patch touches, whatever the size of `target`, provided that nobody
    /// else holds a copy of it.
    public static func fold(_ patch: JSONValue, into target: inout JSONValue) {
        var path: LeafBytes?
        var hash = StateHash()
        Self.fold(patch, into: &target, path: &path, hash: &hash)
    }

    /// The same, keeping `hash` the hash of `target`.
    public static func fold(_ patch: JSONValue, into target: inout JSONValue, hash: inout StateHash) {
        var path: LeafBytes? = LeafBytes()
        Self.fold(patch, into: &target, path: &path, hash: &hash)
    }

    /// The patch that makes `to` out of `from`; an empty object if they are equal.
    ///
    /// Neither may hold `null`, which a patch cannot express (RFC 7396, section 1).
    public static func difference(from: JSONValue, to: JSONValue) -> JSONValue {
        guard case .object(let old) = from, case .object(let new) = to else { return to }
        return .object(Self.difference(from: old, to: new))
    }

    /// The patch that does what `first` and then `second` do.
    public static func composed(_ first: JSONValue, _ second: JSONValue) -> JSONValue {
        guard case .object(var result) = first, case .object(let changes) = second else { return second }
        for (name, change) in changes.members {
            result[name] = result[name].map { Self.composed($0, change) } ?? change
        }
        return .object(result)
    }

    private static func difference(from old: JSONObject, to new: JSONObject) -> JSONObject {
        var patch = JSONObject()
        for (name, value) in new.members {
            switch (old[name], value) {
            case (.object(let before)?, .object(let after)):
                let nested = Self.difference(from: before, to: after)
                if !nested.isEmpty { patch.append(name, .object(nested)) }
            case (let before, _):
                if before != value { patch.append(name, value) }
            }
        }
        for (name, _) in old.members where new[name] == nil { patch.append(name, .null) }
        return patch
    }

    private static func fold(
        _ patch: JSONValue,
        into target: inout JSONValue,
        path: inout LeafBytes?,
        hash: inout StateHash
    ) {
        guard case .object(let changes) = patch else {
            path?.forEach(in: target) { hash.remove(leaf: $0) }
            path?.forEach(in: patch) { hash.add(leaf: $0) }
            target = patch
            return
        }
        var object = Self.takeObject(from: &target, path: &path, hash: &hash)
        for (name, change) in changes.members {
            let above = path?.push(name)
            object.withMember(name) { member in
                if case .null = change {
                    if let old = member { path?.forEach(in: old) { hash.remove(leaf: $0) } }
                    member = nil
                } else {
                    var value = member.take() ?? .null
                    Self.fold(change, into: &value, path: &path, hash: &hash)
                    member = value
                }
            }
            if let above { path?.pop(above) }
        }
        target = .object(object)
    }

    /// Moves the object out, so that this function's caller holds the only reference and changes it in
    /// place. What is no object counts as an empty one (RFC 7396, section 2).
    private static func takeObject(
        from target: inout JSONValue,
        path: inout LeafBytes?,
        hash: inout StateHash
    ) -> JSONObject {
        guard case .object(let object) = target else {
            path?.forEach(in: target) { hash.remove(leaf: $0) }
            return JSONObject()
        }
        target = .null
        return object
    }
}
