// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Settings

/// The numbers of live.md §8. Zero switches a limit off.
package struct LiveLimits: Sendable {
    /// Bytes of one event's data; larger ones become `gap unreadable`.
    package var event = 64 * 1024
    /// Bytes of one client message; beyond: 4009.
    package var frame = 4 * 1024
    /// Topics of one connection, the implied one included; beyond: `err`, or 4000 in the URL.
    package var topics = 100
    /// Client operations per second and connection, and how many may come at once; beyond: 4102.
    package var operations = 20
    package var operationsBurst = 50
    /// Connections; beyond: 4101, for the node 4100.
    package var perSession = 20
    package var perUser = 50
    /// An IPv6 client counts as its /64.
    package var perAddress = 500
    package var perNode = OpenFileLimit.budget(reserve: 1_000, atLeast: 50)
    /// Joins per second and node, and how many may come at once; beyond: 4100.
    package var joins = 1000
    package var joinsBurst = 2000
    /// Bytes of frames kept for resuming. Cannot be off: at least one segment is always kept.
    package var ring = 64 << 20
    /// Bytes a socket may owe before its connection is demoted to reading.
    package var inFlight = 256 * 1024
    /// Bytes all sockets of the node may owe; from 80 % of it on a connection is demoted at 32 KiB.
    package var inFlightNode = 512 << 20

    package init() {}

    init(node: SettingsNode?) throws(SettingsError) {
        guard let node else { return }
        var map = try node.map()
        try map.bytes("event", into: &event)
        try map.bytes("frame", into: &frame)
        try map.count("topics", into: &topics)
        try map.count("operations", into: &operations)
        try map.count("operationsBurst", into: &operationsBurst)
        try map.count("perSession", into: &perSession)
        try map.count("perUser", into: &perUser)
        try map.count("perAddress", into: &perAddress)
        try map.count("perNode", into: &perNode)
        try map.count("joins", into: &joins)
        try map.count("joinsBurst", into: &joinsBurst)
        if let node = map.take("ring") {
            ring = try node.bytes()
            guard ring >= 1 << 20 else { throw node.error("the ring needs at least 1MiB", advice: "ring: 64MiB") }
        }
        if let node = map.take("inFlight") {
            inFlight = try node.bytes()
            guard inFlight == 0 || (16 * 1024...(16 << 20)).contains(inFlight) else {
                throw node.error("must be 0 or between 16KiB and 16MiB", advice: "inFlight: 256KiB")
            }
        }
        try map.bytes("inFlightNode", into: &inFlightNode)
        try map.finish()
    }
}

extension SettingsMap {
    fileprivate mutating func count(_ key: String, into value: inout Int) throws(SettingsError) {
        if let node = take(key) { value = try node.int(in: 0...100_000_000) }
    }

    fileprivate mutating func bytes(_ key: String, into value: inout Int) throws(SettingsError) {
        if let node = take(key) { value = try node.bytes() }
    }
}
