// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Store
internal import StrictJSON

/// The JSON format of CloudEvents 1.0, structured mode.
extension DomainEvent {
    /// Why bytes are no event of ours.
    package struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Attributes first, `data` last and byte for byte.
    package func encoded() -> [UInt8] {
        var bytes = Array(#"{"specversion":"1.0""#.utf8)
        var attributes = [("id", id), ("source", source), ("type", type)]
        if let subject { attributes.append(("subject", subject)) }
        if let time { attributes.append(("time", time)) }
        if let id = cause.requestID { attributes.append(("requestid", id)) }
        if let traceparent = cause.traceparent { attributes.append(("traceparent", traceparent)) }
        for (name, value) in attributes {
            bytes += ",\"\(name)\":".utf8
            JSONText.quote(value, into: &bytes)
        }
        bytes += #","datacontenttype":"application/json","data":"#.utf8
        bytes += data
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Refuses another version, missing or empty required attributes, data that is not JSON, and attribute names the
    /// specification does not allow; other extension attributes are read over.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        var texts: [String: String] = [:]
        var data: [UInt8] = Array("null".utf8)
        let members: [(name: String, value: Range<Int>)]
        do throws(JSONError) {
            members = try JSONScanner.members(ofObject: bytes)
        } catch {
            throw FormatError(description: "not a JSON object: \(error)")
        }
        for (name, range) in members {
            let raw = Array(bytes[range])
            switch name {
            case "data":
                data = raw
            case "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "requestid",
                "traceparent":
                texts[name] = try Self.text(raw, name)
            case "data_base64":
                throw FormatError(description: "data_base64: only JSON data is taken")
            default:
                guard Self.isAttributeName(name) else {
                    throw FormatError(description: "\(name.prefix(40)): not a CloudEvents attribute name")
                }
            }
        }
        guard texts["specversion"] == "1.0" else { throw FormatError(description: "specversion must be 1.0") }
        let type = texts["datacontenttype"] ?? "application/json"
        guard type == "application/json" || type.hasSuffix("+json") else {
            throw FormatError(description: "datacontenttype must be JSON")
        }
        self.init(
            id: try Self.required("id", texts),
            source: try Self.required("source", texts),
            type: try Self.required("type", texts),
            subject: texts["subject"],
            time: texts["time"],
            cause: EventCause(requestID: texts["requestid"], traceparent: texts["traceparent"]),
            data: data
        )
    }

    private static func text(_ raw: [UInt8], _ name: String) throws(FormatError) -> String {
        // It was scanned a moment ago: parsing one value of it again cannot fail, and is a string or is refused.
        guard let text = (try? JSONScanner.parse(raw))?.string, !text.isEmpty else {
            throw FormatError(description: "\(name) must be a string with at least one character")
        }
        return text
    }

    private static func required(_ name: String, _ texts: [String: String]) throws(FormatError) -> String {
        guard let text = texts[name] else { throw FormatError(description: "\(name) is missing") }
        return text
    }

    private static func isAttributeName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
    }
}

extension DomainEvent {
    /// What `publish` refuses on both buses.
    func check(limits: BusLimits) throws(EventLogError) -> [UInt8] {
        let bytes = encoded()
        guard bytes.count <= limits.eventBytes else {
            throw EventLogError(.tooBig, "an event of \(bytes.count) bytes; at most \(limits.eventBytes)")
        }
        do throws(FormatError) {
            _ = try DomainEvent(decoding: bytes)
        } catch {
            throw EventLogError(.invalid, error.description)
        }
        return bytes
    }
}
