// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
package import Wire

/// The body of `POST /publish`: one `{topic, data, key?, ephemeral?}` or an array of at most 100 of them.
///
/// `data` is cut from the body's own bytes, never re-encoded: what the publisher wrote is what the browser reads.
package struct PublishRequest: Sendable {
    package struct Item: Sendable {
        package var event: NewEvent
        package var isEphemeral: Bool
    }

    /// Longest batch that one request may carry.
    package static let maxItems = 100

    package var items: [Item]
    /// Whether the body was an array, so that the answer is one too.
    package var isBatch: Bool

    /// - Parameter maxData: bound of one event's `data` in bytes.
    package init(body: [UInt8], maxData: Int) throws(AdminProblem) {
        let limits = JSONLimits()
        if body.first(where: { !Self.isSpace($0) }) == UInt8(ascii: "[") {
            let ranges: [Range<Int>]
            do { ranges = try JSONScanner.elements(ofArray: body, limits: limits) } catch {
                throw .badRequest("The body is not a JSON array: \(error).")
            }
            guard !ranges.isEmpty, ranges.count <= Self.maxItems else {
                throw .badRequest("A batch holds 1 to \(Self.maxItems) events, this one \(ranges.count).")
            }
            var items: [Item] = []
            for range in ranges { items.append(try Self.item(Array(body[range]), limits, maxData)) }
            (self.items, self.isBatch) = (items, true)
        } else {
            (self.items, self.isBatch) = ([try Self.item(body, limits, maxData)], false)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func item(_ bytes: [UInt8], _ limits: JSONLimits, _ maxData: Int) throws(AdminProblem) -> Item {
        let value: JSONValue
        let members: [(name: String, value: Range<Int>)]
        do {
            members = try JSONScanner.members(ofObject: bytes, limits: limits)
            value = try JSONScanner.parse(bytes, limits: limits)
        } catch {
            throw .badRequest("An event is one JSON object like {\"topic\":\"user.42\",\"data\":{}}: \(error).")
        }
        var data: [UInt8]?
        for member in members {
            switch member.name {
            case "topic", "key", "ephemeral": break
            case "data": data = Array(bytes[member.value])
            default: throw .badRequest("Unknown member \"\(member.name)\". Known: topic, data, key, ephemeral.")
            }
        }
        guard let name = value["topic"]?.string else { throw .badRequest("\"topic\" is missing or no string.") }
        let topic: Topic
        do { topic = try Topic(name) } catch { throw .badRequest("\"topic\" is no topic: \(error).") }
        guard !topic.isReserved else { throw .badRequest("Topics that begin with $ belong to the gateway.") }
        guard let data else { throw .badRequest("\"data\" is missing.") }
        guard data.count <= maxData else {
            throw .tooLarge("\"data\" has \(data.count) bytes, at most \(maxData) are allowed.")
        }
        let key = value["key"]
        guard key == nil || key?.string.map({ (1...256).contains($0.utf8.count) }) == true else {
            throw .badRequest("\"key\" is a string of 1 to 256 bytes.")
        }
        let ephemeral = value["ephemeral"]
        guard ephemeral == nil || ephemeral?.bool != nil else { throw .badRequest("\"ephemeral\" is true or false.") }
        let isEphemeral = ephemeral?.bool ?? false
        guard !isEphemeral || key == nil else {
            throw .badRequest("An ephemeral event has no \"key\": nothing is kept that could be repeated.")
        }
        return Item(event: NewEvent(topic: topic, data: data, key: key?.string), isEphemeral: isEphemeral)
    }
}
