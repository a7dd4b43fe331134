// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import StrictJSON

/// What one look at a node found: sums of its live metrics, its connections furthest behind, its readiness. Pure.
struct TopSample {
    struct Row {
        var user: String
        var session: String
        var transport: String
        var age: Int64
        var topics: Int
        var isReading: Bool
        var lag: Int64
        var inFlight: Int64
        var idle: Int64
    }

    let at: ContinuousClock.Instant
    /// By name and labels as exposed, `gatecast_live_connections{transport="sse"}`.
    private let values: [(name: Substring, labels: Substring, value: Double)]
    let rows: [Row]
    let count: Int64
    let isReady: Bool
    /// The checks that fail, with their reasons.
    let problems: [String]

    init(metrics: String, connections: [UInt8], readiness: [UInt8], at: ContinuousClock.Instant) throws {
        self.at = at
        values = metrics.split(separator: "\n").compactMap(TopSample.value)
        let list = try JSONScanner.parse(connections)
        count = list["count"]?.integer ?? 0
        rows = (list["connections"]?.array ?? []).map(TopSample.row)
        let report = try JSONScanner.parse(readiness)
        isReady = report["ready"]?.bool ?? false
        guard case .object(let members) = report else {
            problems = []
            return
        }
        problems = members.compactMap { member in
            guard let text = member.value.string, text != "ok" else { return nil }
            return "\(member.name): \(text)"
        }
    }

    /// The sum over all labels, or over those that contain `label`.
    func sum(_ name: String, where label: String = "") -> Double {
        values.reduce(0) { sum, entry in
            entry.name == name && (label.isEmpty || entry.labels.contains(label)) ? sum + entry.value : sum
        }
    }

    private static func value(_ line: Substring) -> (name: Substring, labels: Substring, value: Double)? {
        guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
            let value = Double(line[line.index(after: space)...])
        else { return nil }
        let series = line[..<space]
        guard let brace = series.firstIndex(of: "{") else { return (series, "", value) }
        return (series[..<brace], series[brace...], value)
    }

    private static func row(_ json: JSONValue) -> Row {
        Row(
            user: json["user"]?.string ?? "-",
            session: json["session"]?.string ?? "-",
            transport: json["transport"]?.string ?? "-",
            age: json["age_seconds"]?.integer ?? 0,
            topics: json["topics"]?.array?.count ?? 0,
            isReading: json["reading"]?.bool ?? false,
            lag: json["lag_ms"]?.integer ?? 0,
            inFlight: json["in_flight_bytes"]?.integer ?? 0,
            idle: json["idle_seconds"]?.integer ?? 0
        )
    }
}
