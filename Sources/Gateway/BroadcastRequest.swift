// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
package import Wire

/// The body of `POST /broadcast`: `{topic, data, to?}`. One event without an id to whoever is connected now and holds a topic
/// under `to`, whether they subscribed to `topic` or not: a word of the operator, not a right of the client.
///
/// It travels as `$broadcast` on the log, so that every node delivers it; it is not kept for those who come later.
package struct BroadcastRequest: Sendable, Equatable {
    package var topic: Topic
    /// nil: everybody.
    package var to: TopicFilter?
    /// The publisher's own bytes.
    package var data: [UInt8]

    /// - Parameter maxData: bound of one entry's data in bytes; the envelope counts too.
    package init(body: [UInt8], maxData: Int) throws(AdminProblem) {
        let value: JSONValue
        let members: [(name: String, value: Range<Int>)]
        do {
            members = try JSONScanner.members(ofObject: body, limits: .init())
            value = try JSONScanner.parse(body, limits: .init())
        } catch {
            throw .badRequest("The body is one object like {\"topic\":\"announcements\",\"data\":{}}: \(error).")
        }
        var data: [UInt8]?
        for member in members {
            switch member.name {
            case "topic", "to": break
            case "data": data = Array(body[member.value])
            default: throw .badRequest("Unknown member \"\(member.name)\". Known: topic, data, to.")
            }
        }
        guard let name = value["topic"]?.string else { throw .badRequest("\"topic\" is missing or no string.") }
        do { topic = try Topic(name) } catch { throw .badRequest("\"topic\" is no topic: \(error).") }
        guard let data else { throw .badRequest("\"data\" is missing.") }
        self.data = data
        switch value["to"] {
        case nil: to = nil
        case .string(let text):
            do { to = try TopicFilter(text) } catch {
                throw .badRequest("\"to\" is a topic or a subtree like org.*; leave it out for everybody: \(error).")
            }
        default: throw .badRequest("\"to\" is a string.")
        }
        guard event.data.count <= maxData else {
            throw .tooLarge(
                "With its envelope the event has \(event.data.count) bytes, at most \(maxData) are allowed."
            )
        }
    }

    /// The reserved log entry that every node's `LogReader` carries out.
    package var event: NewEvent {
        var bytes = Array("{\"topic\":\(JSONText.quoted(topic.name))".utf8)
        if let to { bytes += Array(",\"to\":\(JSONText.quoted(to.description))".utf8) }
        bytes += Array(",\"data\":".utf8) + data + [UInt8(ascii: "}")]
        return NewEvent(topic: Topic(reserved: "$broadcast"), data: bytes, key: nil)
    }
}
