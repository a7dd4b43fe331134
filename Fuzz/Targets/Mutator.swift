// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Makes new inputs of old ones, the same ones for the same seed: what runs where no fuzzing runtime is built in.
///
/// Blind where libFuzzer sees coverage; its strength is the dictionary of spellings that parsers have been caught with.
struct Mutator {
    private var state: UInt64
    private let longest = 4096

    init(seed: UInt64) { self.state = seed }

    mutating func mutate(_ bytes: [UInt8], crossing other: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...self.below(4) {
            let at = self.below(bytes.count + 1)
            switch self.below(7) {
            case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(self.below(8))
            case 1 where at < bytes.count: bytes[at] = UInt8(self.below(256))
            case 2 where at < bytes.count: bytes.removeSubrange(at..<min(bytes.count, at + 1 + self.below(8)))
            case 3: bytes.insert(contentsOf: Self.dictionary[self.below(Self.dictionary.count)], at: at)
            case 4 where at < bytes.count:
                let piece = bytes[at..<min(bytes.count, at + 1 + self.below(64))]
                bytes.insert(contentsOf: piece, at: self.below(bytes.count + 1))
            case 5: bytes = bytes[..<at] + other.suffix(self.below(other.count + 1))
            default: bytes.insert(UInt8(self.below(256)), at: at)
            }
        }
        return Array(bytes.prefix(self.longest))
    }

    private mutating func below(_ bound: Int) -> Int { Int(self.next() % UInt64(max(1, bound))) }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var word = self.state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    static let dictionary: [[UInt8]] =
        [
            "\r\n", "\r\n\r\n", "\n", "\r", "\0", " ", "\t", ":", ";", "=", ",", ".", "_", "%2f", "%2e%2e", "/../",
            "//",
            "\\",
            "#", "?", "*", "\u{FF}", "0", "00", "f", "ffffffffffffffff", "-1", "+5", "5, 5", "chunked", "identity",
            "close",
            "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: ,chunked\r\n", "Content-Length: 0\r\n",
            "Content-Length: 5\r\n", "Host: a.example\r\n", "Host: b.example\r\n", "Connection: keep-alive, cookie\r\n",
            "Connection: x-own\r\n", "Upgrade: websocket\r\n", "Expect: 100-continue\r\n",
            "X-Forwarded-For: 6.6.6.6\r\n",
            "x_forwarded_for: 6.6.6.6\r\n", "Authorization: Bearer x\r\n", "Cookie: a=1\r\n", "__Host-Http-sid=",
            "__Host-session-until=", "__host-http-sid=", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "GET ", "OPTIONS ",
            "CONNECT ",
            "http://a.example/", "0\r\n\r\n", "5\r\nhello\r\n", "a;b=c\r\n", "eyJhbGciOiJIUzI1NiJ9",
            "eyJhbGciOiJub25lIn0",
            "AA", "\"op\":\"sub\"", "\"since\":", "\\u0000", "\\ud800", "{}", "[]", "null", "1e400", "1767000000123-4",
            ".*", "$mark", "b64-",
            "*2\r\n", "$-1\r\n", "$3\r\n", ":1\r\n", "+OK\r\n",
        ].map { Array($0.utf8) } + [
            [0x81, 0xFE], [0x80, 0x80], [0x88, 0x82], [0xC1], [0xDD, 0, 0, 0], [0xCB, 0x7F, 0xF8], [0xED, 0xA0, 0x80],
        ]
}
