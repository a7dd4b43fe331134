// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import StrictJSON
internal import Testing
internal import Wire

@Suite("Frames to the client")
struct ServerFrameTests {
    private let cursor = Cursor(milliseconds: 1_767_000_000_123, sequence: 9)

    private func text(_ write: (inout ByteBuffer) -> Void) throws -> String {
        var buffer = ByteBuffer()
        write(&buffer)
        try JSONScanner.validate(Array(buffer.readableBytesView))
        return String(buffer: buffer)
    }

    @Test("An event is its id, its topic and the publisher's bytes")
    func event() throws {
        let topic = try Topic("board.7")
        let data = Array(#"{ "task":91}"#.utf8)
        let durable = #"{"id":"1767000000123-9","topic":"board.7","data":{ "task":91}}"#
        #expect(try text { ServerFrame.event(id: cursor, topic: topic, data: data, into: &$0) } == durable)
        #expect(
            try text { ServerFrame.event(id: cursor, topic: topic, data: ByteBuffer(bytes: data), into: &$0) }
                == durable
        )
        let ephemeral = #"{"topic":"board.7","data":1}"#
        #expect(try text { ServerFrame.event(id: nil, topic: topic, data: [0x31], into: &$0) } == ephemeral)
    }

    @Test("Every other frame has the members of the table, in its order")
    func golden() throws {
        let topics = ["user.42", "board.7"]
        #expect(
            try text {
                ServerFrame.hello(conn: "n3-9f2", id: cursor, ping: 25, exp: 1_767_043_200, topics: topics, into: &$0)
            }
                == #"{"op":"hello","conn":"n3-9f2","id":"1767000000123-9","ping":25,"exp":1767043200,"topics":["user.42","board.7"]}"#
        )
        #expect(
            try text { ServerFrame.hello(conn: "a\"b", id: nil, ping: 15, exp: nil, topics: [], into: &$0) }
                == #"{"op":"hello","conn":"a\"b","ping":15,"topics":[]}"#
        )
        #expect(
            try text { ServerFrame.ok(ref: 1, topic: "task.91", id: cursor, into: &$0) }
                == #"{"op":"ok","ref":1,"topic":"task.91","id":"1767000000123-9"}"#
        )
        #expect(
            try text { ServerFrame.ok(ref: "a\"", topic: "t", into: &$0) } == #"{"op":"ok","ref":"a\"","topic":"t"}"#
        )
        #expect(
            try text { ServerFrame.err(ref: 1, topic: "task.91", name: "forbidden", into: &$0) }
                == #"{"op":"err","ref":1,"topic":"task.91","name":"forbidden"}"#
        )
        #expect(
            try text { ServerFrame.err(ref: nil, topic: "\u{1}", name: "forbidden", into: &$0) }
                == #"{"op":"err","topic":"\u0001","name":"forbidden"}"#
        )
        #expect(
            try text { ServerFrame.gap(topic: "*", from: .zero, id: cursor, why: .lag, into: &$0) }
                == #"{"op":"gap","topic":"*","from":"0-0","id":"1767000000123-9","why":"lag"}"#
        )
        #expect(
            try text { ServerFrame.gap(topic: "a", from: nil, id: nil, why: .trimmed, into: &$0) }
                == #"{"op":"gap","topic":"a","why":"trimmed"}"#
        )
        #expect(try text { ServerFrame.ping(id: cursor, into: &$0) } == #"{"op":"ping","id":"1767000000123-9"}"#)
        #expect(try text { ServerFrame.exp(in: 60, into: &$0) } == #"{"op":"exp","in":60}"#)
        #expect(
            try text { ServerFrame.bye(code: .draining, retry: 8200, into: &$0) }
                == #"{"op":"bye","code":4200,"retry":8200}"#
        )
        #expect(try text { ServerFrame.bye(code: .loginRequired, into: &$0) } == #"{"op":"bye","code":4001}"#)
    }

    @Test("Frames are appended: what the buffer holds stays")
    func appends() {
        var buffer = ByteBuffer(string: "x")
        ServerFrame.exp(in: 1, into: &buffer)
        #expect(String(buffer: buffer) == #"x{"op":"exp","in":1}"#)
    }

    @Test("A line break inside JSON cannot start a line of the event stream")
    func eventStream() throws {
        var frame = ByteBuffer(string: "skip")
        frame.moveReaderIndex(forwardBy: 4)
        ServerFrame.event(id: cursor, topic: try Topic("a"), data: Array("{\r\n\"x\":\n1\r}".utf8), into: &frame)
        var out = ByteBuffer(string: "\n")
        ServerFrame.sseEvent(id: cursor, frame: frame, into: &out)
        #expect(
            String(buffer: out) == "\nid: 1767000000123-9\n"
                + #"data: {"id":"1767000000123-9","topic":"a","data":{  "x": 1 }}"# + "\n\n"
        )
        out.clear()
        ServerFrame.sseEvent(id: nil, frame: ByteBuffer(string: "1"), into: &out)
        #expect(String(buffer: out) == "data: 1\n\n")
    }

    @Test("Heartbeat, retry and the last word on an event stream")
    func eventStreamControl() {
        func text(_ write: (inout ByteBuffer) -> Void) -> String {
            var buffer = ByteBuffer()
            write(&buffer)
            return String(buffer: buffer)
        }
        #expect(text { ServerFrame.sseHeartbeat(id: cursor, into: &$0) } == "id: 1767000000123-9\n\n")
        #expect(text { ServerFrame.sseRetry(milliseconds: 2000, into: &$0) } == "retry: 2000\n\n")
        #expect(
            text { ServerFrame.sseBye(code: .loginRequired, into: &$0) }
                == "id: stop-4001\ndata: {\"op\":\"bye\",\"code\":4001}\n\n"
        )
        #expect(
            text { ServerFrame.sseBye(code: .draining, retry: 500, into: &$0) }
                == "retry: 500\n\ndata: {\"op\":\"bye\",\"code\":4200,\"retry\":500}\n\n"
        )
        #expect(ServerFrame.sseStop(lastEventID: "stop-4001") == .loginRequired)
        for other in ["stop-4200", "stop-9", "stop-", "1-2", "", "stop-40011"] {
            #expect(ServerFrame.sseStop(lastEventID: other) == nil)
        }
    }
}
