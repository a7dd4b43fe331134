// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Where to listen or to connect to: `127.0.0.1:8443`, `[::1]:0`, `localhost:8080`. Port 0 means any free one.
package struct ListenAddress: Sendable, Hashable {
    /// A name or an address; IPv6 without its brackets.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package struct ParsingError: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(parsing text: String) throws(ParsingError) {
        guard let colon = text.lastIndex(of: ":") else { throw ParsingError(description: "\(text) has no port") }
        let port = text[text.index(after: colon)...]
        guard let number = SettingsNode.decimal(port), (0...65_535).contains(number) else {
            throw ParsingError(description: "\(text) has no port from 0 to 65535")
        }
        let host = text[..<colon]
        if host.isEmpty { throw ParsingError(description: "\(text) has no host") }
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.host = String(host.dropFirst().dropLast())
            guard self.host.contains(":"), self.host.utf8.allSatisfy(Self.isAddressByte) else {
                throw ParsingError(description: "\(host) is no IPv6 address")
            }
        } else {
            self.host = String(host)
            guard host.utf8.allSatisfy(Self.isHostByte) else {
                throw ParsingError(description: "\(host) is no host (an IPv6 address needs brackets)")
            }
        }
        self.port = number
    }

    /// Reached from this machine only.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
