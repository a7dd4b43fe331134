// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// The JSON form of an `ExportTraceServiceRequest` (OTLP 1.x): ids in lower-case hex, 64-bit numbers as strings.
enum OTLPPayload {
    static func encode(_ spans: [SpanRecord], resource: [(name: String, value: String)]) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(256 + spans.count * 640)
        json.append(contentsOf: #"{"resourceSpans":[{"resource":{"attributes":"#.utf8)
        self.append(resource.map { ($0.name, .text($0.value)) }, to: &json)
        json.append(contentsOf: #"},"scopeSpans":[{"scope":{"name":"gatecast"},"spans":["#.utf8)
        for (index, span) in spans.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            self.append(span, to: &json)
        }
        json.append(contentsOf: "]}]}]}".utf8)
        return json
    }

    private static func append(_ span: SpanRecord, to json: inout [UInt8]) {
        json.append(contentsOf: #"{"traceId":""#.utf8)
        self.hex(span.trace.high, to: &json)
        self.hex(span.trace.low, to: &json)
        json.append(contentsOf: #"","spanId":""#.utf8)
        self.hex(span.span, to: &json)
        if span.parent != 0 {
            json.append(contentsOf: #"","parentSpanId":""#.utf8)
            self.hex(span.parent, to: &json)
        }
        json.append(contentsOf: #"","name":"#.utf8)
        JSONText.quote(span.name, into: &json)
        json.append(contentsOf: ",\"kind\":\(span.kind.rawValue),\"startTimeUnixNano\":\"\(span.start)\"".utf8)
        json.append(contentsOf: ",\"endTimeUnixNano\":\"\(span.end)\",\"attributes\":".utf8)
        self.append(span.attributes, to: &json)
        if let link = span.link {
            json.append(contentsOf: #","links":[{"traceId":""#.utf8)
            self.hex(link.trace.high, to: &json)
            self.hex(link.trace.low, to: &json)
            json.append(contentsOf: #"","spanId":""#.utf8)
            self.hex(link.span, to: &json)
            json.append(contentsOf: #""}]"#.utf8)
        }
        if span.isError { json.append(contentsOf: #","status":{"code":2}"#.utf8) }
        json.append(UInt8(ascii: "}"))
    }

    private static func append(_ attributes: [(name: String, value: SpanRecord.Value)], to json: inout [UInt8]) {
        json.append(UInt8(ascii: "["))
        for (index, attribute) in attributes.enumerated() {
            json.append(contentsOf: (index > 0 ? #",{"key":"# : #"{"key":"#).utf8)
            JSONText.quote(attribute.name, into: &json)
            switch attribute.value {
            case .text(let text):
                json.append(contentsOf: #","value":{"stringValue":"#.utf8)
                JSONText.quote(text, into: &json)
            case .number(let number):
                json.append(contentsOf: ",\"value\":{\"intValue\":\"\(number)\"".utf8)
            }
            json.append(contentsOf: "}}".utf8)
        }
        json.append(UInt8(ascii: "]"))
    }

    private static func hex(_ word: UInt64, to json: inout [UInt8]) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let nibble = UInt8(truncatingIfNeeded: word >> shift & 0xF)
            json.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }
}
