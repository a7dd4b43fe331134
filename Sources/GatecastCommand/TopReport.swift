// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// One screen, or one block of lines, of `gatecast top`. Pure.
struct TopReport {
    let now: TopSample
    /// The look before this one, for rates; nil: none are shown.
    let before: TopSample?
    /// Columns of the terminal; nil: lines are not cut.
    let width: Int?

    var text: String {
        let lines = [headline] + now.problems.map { "  not ready: \($0)" } + flows + table
        return lines.map { line in
            guard let width, line.count > width else { return line }
            return String(line.prefix(width))
        }.joined(separator: "\n")
    }

    private var headline: String {
        let transports = ["websocket", "sse", "poll"].map { name in
            "\(name) \(Int(now.sum("gatecast_live_connections", where: "\"\(name)\"")))"
        }
        return
            "\(now.isReady ? "ready" : "NOT READY")  connections \(now.count) (\(transports.joined(separator: ", ")))"
            + "  topics \(Int(now.sum("gatecast_live_subscriptions")))"
            + "  reading \(Int(now.sum("gatecast_live_reading")))"
    }

    private var flows: [String] {
        guard let before else { return [] }
        let seconds = max(0.001, (now.at - before.at) / .seconds(1))
        func rate(_ name: String, _ label: String = "") -> String {
            TopReport.short(max(0, now.sum(name, where: label) - before.sum(name, where: label)) / seconds)
        }
        return [
            "  per second: log events \(rate("gatecast_live_events_total", "\"log\""))"
                + "  ephemeral \(rate("gatecast_live_events_total", "\"ephemeral\""))"
                + "  deliveries \(rate("gatecast_live_deliveries_total"))"
                + "  bytes \(rate("gatecast_live_bytes_out_total"))",
            "  per second: joins \(rate("gatecast_live_joins_total"))  closes \(rate("gatecast_live_closes_total"))"
                + "  gaps \(rate("gatecast_live_gaps_total"))  rejected \(rate("gatecast_live_rejected_total"))",
        ]
    }

    private var table: [String] {
        guard !now.rows.isEmpty else { return [] }
        let titles = ["USER", "SESSION", "TRANSPORT", "STATE", "LAG", "IN FLIGHT", "IDLE", "AGE", "TOPICS"]
        let cells = now.rows.map { row in
            [
                TopReport.printable(row.user), TopReport.printable(row.session), row.transport,
                row.isReading ? "reading" : "live", row.isReading ? "\(row.lag) ms" : "-",
                TopReport.short(Double(row.inFlight)), "\(row.idle) s", "\(row.age) s", "\(row.topics)",
            ]
        }
        let widths = titles.indices.map { column in
            min(24, ([titles] + cells).map { $0[column].count }.max() ?? 0)
        }
        return ([titles] + cells).map { line in
            zip(line, widths).map { cell, width in
                let cell = String(cell.prefix(width))
                return cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ")
        }
    }

    /// Names come from tokens: nothing of them may move the terminal's cursor.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
    }

    /// `1234567` as `1.2M`.
    static func short(_ value: Double) -> String {
        for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where value >= size {
            return "\(((value / size) * 10).rounded() / 10)\(unit)"
        }
        return value == value.rounded() ? "\(Int(value))" : "\((value * 10).rounded() / 10)"
    }
}
