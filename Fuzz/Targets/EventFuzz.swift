// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import StrictJSON
import Wire

@testable import EventLog

extension FuzzTarget {
    static let events = FuzzTarget(name: "events") { (bytes) throws(Broken) in try EventFuzz.check(bytes) }
}

/// The data of an event, spliced into frames unread by anybody after it was checked: it forges no member, and starts no line of a
/// stream (live.md §3).
enum EventFuzz {
    private static let rules = LogRules(limits: LogLimits())
    private static let id = Cursor(milliseconds: 7, sequence: 1)

    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        guard case .data(let data) = self.rules.body(bytes), let topic = try? Topic("fuzz.data") else { return }
        var frame = ByteBuffer()
        ServerFrame.event(id: self.id, topic: topic, data: data, into: &frame)
        let text = Array(frame.readableBytesView)
        let limits = JSONLimits(depth: 65)
        guard let members = try? JSONScanner.members(ofObject: text, limits: limits) else {
            throw FuzzTarget.Broken("the frame is no object: \(String(buffer: frame))")
        }
        try FuzzTarget.require(members.map(\.name) == ["id", "topic", "data"], "members are \(members.map(\.name))")
        try FuzzTarget.require(text[members[0].value].elementsEqual("\"7-1\"".utf8), "another id")
        try FuzzTarget.require(text[members[1].value].elementsEqual("\"fuzz.data\"".utf8), "another topic")
        let value = try? JSONScanner.parse(data)
        try FuzzTarget.require((try? JSONScanner.parse(Array(text[members[2].value]))) == value, "other data")

        var stream = ByteBuffer()
        ServerFrame.sseEvent(id: self.id, frame: frame, into: &stream)
        // WHATWG HTML §9.2.5: CR, LF and both end a line.
        let lines = stream.readableBytesView.split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }
        try FuzzTarget.require(lines.count == 4 && lines[2].isEmpty && lines[3].isEmpty, "\(lines.count) lines")
        try FuzzTarget.require(lines[0].elementsEqual("id: 7-1".utf8), "another line first")
        try FuzzTarget.require(lines[1].starts(with: "data: ".utf8), "another line second")
        let streamed = try? JSONScanner.parse(Array(lines[1].dropFirst(6)), limits: limits)
        try FuzzTarget.require(streamed?["data"] == value, "other data in a stream")
    }
}
