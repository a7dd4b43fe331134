// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// Splits the stream into lines and keeps the cursor, apart from any connection so that the cursor survives a cut.
struct TailState {
    private(set) var since: String?
    private var remaining: Int?
    private var rest: [UInt8] = []
    private var pendingID: String?

    init(since: String?, remaining: Int?) {
        self.since = since
        self.remaining = remaining
    }

    var isDone: Bool { remaining.map { $0 <= 0 } ?? false }

    /// A new connection: what the last one left unfinished comes again after the cursor, so it is forgotten here.
    mutating func connected() {
        rest.removeAll()
        pendingID = nil
    }

    /// The `data:` lines completed by `chunk`; an `id:` moves the cursor only at the end of its block, so a cut repeats, never skips.
    mutating func take(_ chunk: ByteBuffer) -> [String] {
        rest.append(contentsOf: chunk.readableBytesView)
        var lines: [String] = []
        while !isDone, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeSubrange(...end)
            if line.hasPrefix("data:") {
                lines.append(String(line.dropFirst(5).drop { $0 == " " }))
                remaining? -= 1
            } else if line.hasPrefix("id:") {
                pendingID = String(line.dropFirst(3).drop { $0 == " " })
            } else if line.isEmpty, let id = pendingID {
                (since, pendingID) = (id, nil)
            }
        }
        return lines
    }
}
