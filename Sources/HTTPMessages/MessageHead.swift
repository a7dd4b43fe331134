// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// A request or response head, whichever protocol it came in: one byte array, one table of offsets, no string per
/// field.
///
/// Reused from message to message: `reset` keeps both arrays' storage, so a warmed-up connection parses without
/// allocating. Names are lower-case. A slice taken from the head keeps its bytes alive; hold none while the head is
/// written again, or the write copies the array.
package struct MessageHead: Sendable {
    package struct Field: Sendable, Hashable {
        package let id: FieldID
        package let name: Range<Int>
        package let value: Range<Int>
    }

    package internal(set) var bytes: [UInt8] = []
    package internal(set) var fields: [Field] = []
    package internal(set) var method: Method = .get
    /// 0 in requests.
    package internal(set) var status = 0
    package internal(set) var version: HTTPVersion = .http11
    /// Fields of an upstream's answer left out because a value byte was above 0x7E.
    package internal(set) var droppedFields = 0

    private var targetRange = 0..<0
    /// Index of the `?`, or the end of the target.
    private var pathEnd = 0

    package init() {}

    /// Empties the head, keeping its storage.
    package mutating func reset() {
        self.bytes.removeAll(keepingCapacity: true)
        self.fields.removeAll(keepingCapacity: true)
        self.method = .get
        self.status = 0
        self.version = .http11
        self.droppedFields = 0
        self.targetRange = 0..<0
        self.pathEnd = 0
    }

    /// Room for a usual head at once, where the head is used for one message only.
    package mutating func reserve(fields: Int) {
        self.bytes.reserveCapacity(1024)
        self.fields.reserveCapacity(fields)
    }

    package mutating func setRequest(method: Method, target: some Collection<UInt8>, version: HTTPVersion) {
        self.method = method
        self.version = version
        self.setTarget(target)
    }

    package mutating func setStatus(_ status: Int, version: HTTPVersion) {
        self.status = status
        self.version = version
    }

    /// Adds a field; the name must already be lower-case. Nothing is judged here: see ``RequestRules``.
    package mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        let start = self.bytes.count
        self.store(name)
        let middle = self.bytes.count
        self.store(value)
        self.recordField(name: start..<middle, value: middle..<self.bytes.count)
    }

    // MARK: Target

    /// The request target: origin-form, or `*`, once ``RequestRules`` has passed it.
    package var target: ArraySlice<UInt8> { self.bytes[self.targetRange] }
    /// The target up to its first `?`, escapes as sent.
    package var path: ArraySlice<UInt8> { self.bytes[self.targetRange.lowerBound..<self.pathEnd] }
    /// What follows the first `?`; nil without one.
    package var query: ArraySlice<UInt8>? {
        self.pathEnd < self.targetRange.upperBound ? self.bytes[(self.pathEnd + 1)..<self.targetRange.upperBound] : nil
    }

    mutating func setTarget(_ target: some Collection<UInt8>) {
        let start = self.bytes.count
        self.store(target)
        self.setTarget(in: start..<self.bytes.count)
    }

    /// Makes bytes already stored the target.
    mutating func setTarget(in range: Range<Int>) {
        self.targetRange = range
        self.pathEnd = self.bytes[range].firstIndex(of: UInt8(ascii: "?")) ?? range.upperBound
    }

    // MARK: Fields

    package func name(_ field: Field) -> ArraySlice<UInt8> { self.bytes[field.name] }
    package func value(_ field: Field) -> ArraySlice<UInt8> { self.bytes[field.value] }

    /// The first value; meant for fields whose repetition was refused or does not matter.
    package func first(_ id: FieldID) -> ArraySlice<UInt8>? {
        for field in self.fields where field.id == id { return self.bytes[field.value] }
        return nil
    }

    package func count(_ id: FieldID) -> Int {
        var count = 0
        for field in self.fields where field.id == id { count += 1 }
        return count
    }

    package func string(_ id: FieldID) -> String? {
        self.first(id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first value of a field without an id; `name` is lower-case.
    package func first(named name: some Collection<UInt8>) -> ArraySlice<UInt8>? {
        for field in self.fields where self.bytes[field.name].elementsEqual(name) { return self.bytes[field.value] }
        return nil
    }

    mutating func recordField(name: Range<Int>, value: Range<Int>) {
        let id = self.bytes.withUnsafeBufferPointer { FieldID.find(UnsafeBufferPointer(rebasing: $0[name])) }
        self.fields.append(Field(id: id, name: name, value: value))
    }

    /// As one piece where it lies in one: a UTF-8 view from another module would come byte by byte.
    private mutating func store(_ bytes: some Collection<UInt8>) {
        let stored: Void? = bytes.withContiguousStorageIfAvailable { self.bytes.append(contentsOf: $0) }
        if stored == nil { self.bytes.append(contentsOf: bytes) }
    }

    /// Undoes the bytes of a field that is left out.
    mutating func truncate(to count: Int) {
        self.bytes.removeSubrange(count...)
    }
}
