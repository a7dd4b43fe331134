// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import NIOCore
import StrictJSON
import Wire

extension FuzzTarget {
    static let commands = FuzzTarget(name: "commands") { (bytes) throws(Broken) in try CommandFuzz.check(bytes) }
}

/// What a client says: understood the same when it is said again, and echoed in answers that carry nothing but it.
enum CommandFuzz {
    static func check(_ bytes: [UInt8]) throws(FuzzTarget.Broken) {
        guard let command = try? ClientCommand.decode(bytes) else { return }
        var members: [JSONValue.Member] = []
        func member(_ name: String, _ value: JSONValue) { members.append(.init(name: name, value: value)) }
        let echo: (ref: JSONValue, topic: String)
        switch command {
        case .pong: return
        case .subscribe(let ref, let topic, let since):
            member("op", .string("sub"))
            if let since { member("since", .string(since)) }
            echo = (ref, topic)
        case .unsubscribe(let ref, let topic):
            member("op", .string("unsub"))
            echo = (ref, topic)
        }
        member("ref", echo.ref)
        member("topic", .string(echo.topic))
        let again = try? ClientCommand.decode(JSONValue.object(members).encoded())
        try FuzzTarget.require(again == command, "said again: \(String(describing: again)), first: \(command)")

        var frame = ByteBuffer()
        ServerFrame.err(ref: echo.ref, topic: echo.topic, name: "forbidden", into: &frame)
        let answer = try? JSONScanner.parse(Array(frame.readableBytesView))
        let expected = JSONValue.object([
            .init(name: "op", value: .string("err")), .init(name: "ref", value: echo.ref),
            .init(name: "topic", value: .string(echo.topic)), .init(name: "name", value: .string("forbidden")),
        ])
        try FuzzTarget.require(answer == expected, "the answer reads \(String(buffer: frame))")
    }
}
