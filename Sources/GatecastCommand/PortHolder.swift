// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// Which process listens on a TCP port of this machine, as `/proc` tells it. Another user's is seen only by root.
struct PortHolder: Equatable {
    var pid: Int32
    /// The program, without its arguments: those may hold secrets.
    var name: String

    /// What to say about a port that is taken, and what to do.
    static func words(for port: Int) -> String {
        guard let holder = find(port: port) else {
            return "another user's process listens on port \(port): sudo ss -ltnp 'sport = :\(port)' names it"
        }
        let again = holder.name == "gatecast" ? "Gatecast is running already: " : ""
        return "\(again)process \(holder.pid) (\(holder.name)) listens on port \(port); kill \(holder.pid) ends it"
    }

    static func find(port: Int) -> PortHolder? {
        // A system without IPv6 has but the first.
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap(read)
        let links = Set(tables.flatMap { sockets(listeningOn: port, in: $0) }.map { "socket:[\($0)]" })
        guard !links.isEmpty else { return nil }
        let files = FileManager.default
        for pid in ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap({ Int32($0) }).sorted() {
            // What is not ours to look at, or has just ended, has no descriptors to us.
            let descriptors = (try? files.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
            for descriptor in descriptors {
                guard let link = try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(descriptor)"),
                    links.contains(link)
                else { continue }
                let name = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? "?"
                return PortHolder(pid: pid, name: name.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return nil
    }

    /// To its end: such a file says that it is empty, and comes a piece at a time.
    private static func read(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        var text: [UInt8] = []
        while let piece = try? file.read(upToCount: 1 << 16), !piece.isEmpty { text += piece }
        return String(decoding: text, as: UTF8.self)
    }

    /// Inodes of the sockets in state LISTEN (0A) in a table such as `/proc/net/tcp`. Pure.
    static func sockets(listeningOn port: Int, in table: String) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":"),
                Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            else { return nil }
            return String(fields[9])
        }
    }
}
