// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON
internal import TestSupport

/// The client rule of live.md §2 on top of a socket: after a frame with an `id`, that is the cursor.
struct LiveFrames {
    let socket: WebSocketClient
    private(set) var cursor: String

    /// Connects and reads `hello`.
    /// - Parameter query: more of it, such as `&anonymous=1`.
    static func open(_ browser: Browser, since: String = "", query: String = "") async throws -> LiveFrames {
        var frames = LiveFrames(socket: try await browser.webSocket("/live?since=\(since)\(query)"), cursor: since)
        let hello = try await frames.next()
        guard hello["op"]?.string == "hello" else { throw Unexpected(frame: "\(hello)") }
        return frames
    }

    mutating func next() async throws -> JSONValue {
        guard let message = await socket.next() else { throw Unexpected(frame: "end of stream") }
        guard case .text(let text) = message else { throw Unexpected(frame: "\(message)") }
        TokenSearch.check(frame: text)
        let frame = try JSONScanner.parse(Array(text.utf8))
        if let id = frame["id"]?.string { cursor = id }
        return frame
    }

    /// The next event, heartbeats aside.
    mutating func nextEvent() async throws -> JSONValue {
        while true {
            let frame = try await next()
            switch frame["op"]?.string {
            case nil: return frame
            case "ping": continue
            default: throw Unexpected(frame: "\(frame)")
            }
        }
    }

    /// The close code the server sent, reading past whatever came before; nil where none came for half a minute.
    func closeCode() async -> UInt16? {
        let watchdog = Task { [socket] in
            try await Task.sleep(for: .seconds(30))
            await socket.cut()
        }
        defer { watchdog.cancel() }
        while let message = await socket.next() {
            if case .close(let code, _) = message { return code }
        }
        return nil
    }

    struct Unexpected: Error { var frame: String }
}
