// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import HTTPMessages

/// Which route a path belongs to: the longest prefix on segment borders wins, case counts. Immutable.
///
/// One pass over the path: a running FNV-1a hash, and at each border one probe of an open table. The cost follows the
/// path's length and is flat in the number of routes; prefixes come from settings alone, so a path that collides on
/// purpose costs one comparison of bytes more per border and finds nothing.
package struct RouteTable: Sendable {
    package let routes: [Route]
    /// Keys by route: normalised prefix without its final slash.
    private let keys: [[UInt8]]
    /// Open addressing, a power of two of slots at most half full; `-1` is free.
    private let slots: [Int32]
    private let mask: UInt64
    /// What any route lets pass in a path; a request is judged again by its own route's.
    let pathExceptions: PathRules.Exceptions

    /// - Parameter endpoints: `host:port` by the names of upstreams.
    package init(_ settings: [RouteSettings], endpoints: [String: [String]] = [:]) {
        self.init(settings, endpoints: endpoints, continuing: nil)
    }

    /// - Parameter login: the upstream that logs people in.
    init(
        _ settings: [RouteSettings],
        endpoints: [String: [String]] = [:],
        login: String? = nil,
        continuing previous: RouteTable?
    ) {
        let before = Dictionary(uniqueKeysWithValues: (previous?.routes ?? []).map { ($0.settings.prefix, $0) })
        self.routes = settings.enumerated().map { index, route in
            Route(
                index: index,
                settings: route,
                endpoints: endpoints[route.upstream] ?? [],
                endsSessions: route.upstream == login,
                continuing: before[route.prefix]
            )
        }
        self.pathExceptions = settings.reduce(into: []) { $0.formUnion($1.pathExceptions) }
        self.keys = settings.map { RoutePath.key(of: Array($0.prefix.utf8)) }
        var size = 16
        while size < settings.count * 2 { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        let mask = UInt64(size - 1)
        for (index, key) in self.keys.enumerated() {
            var slot = Int(Self.fold(key.reduce(Self.seed, Self.step)) & mask)
            while slots[slot] >= 0 { slot = (slot + 1) & Int(mask) }
            slots[slot] = Int32(index)
        }
        self.slots = slots
        self.mask = mask
    }

    /// `path` begins with `/` and holds no query. Escapes of unreserved characters match what they stand for.
    package func match(_ path: ArraySlice<UInt8>) -> Route? {
        self.lookup(PathRules.matchingForm(of: path))
    }

    private func lookup(_ path: ArraySlice<UInt8>) -> Route? {
        path.withUnsafeBytes { bytes in
            var found = -1
            var hash = Self.seed
            for index in 0..<bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "/"), let hit = self.probe(hash, bytes, index) { found = hit }
                hash = Self.step(hash, byte)
            }
            // `/api/tasks` reaches `/api/tasks/`'s route.
            if bytes.last != UInt8(ascii: "/"), let hit = self.probe(hash, bytes, bytes.count) { found = hit }
            return found < 0 ? nil : self.routes[found]
        }
    }

    private func probe(_ hash: UInt64, _ path: UnsafeRawBufferPointer, _ length: Int) -> Int? {
        var slot = Int(Self.fold(hash) & self.mask)
        while self.slots[slot] >= 0 {
            let index = Int(self.slots[slot])
            if self.keys[index].count == length, self.keys[index].elementsEqual(path[..<length]) { return index }
            slot = (slot + 1) & Int(self.mask)
        }
        return nil
    }

    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    private static func fold(_ hash: UInt64) -> UInt64 { hash ^ (hash >> 29) }
}
