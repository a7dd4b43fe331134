// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation

/// What the kernel knows about this process, under the names every Prometheus client uses. Read when asked, from
/// `/proc/self`; empty where there is none.
package enum ProcessMetrics {
    package static func read() -> [MetricFamily] {
        guard let stat = ProcessStatistics(text: contents(of: "/proc/self/stat")) else { return [] }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        var families = [
            family("process_cpu_seconds_total", "User and system time spent.", .counter, stat.cpuTicks / ticks),
            family("process_resident_memory_bytes", "Memory in RAM.", .gauge, stat.residentPages * page),
            family("process_virtual_memory_bytes", "Address space in use.", .gauge, stat.virtualBytes),
            family("process_threads", "Threads of the process.", .gauge, stat.threads),
        ]
        if let boot = bootTime {
            let start = boot + stat.startTicks / ticks
            families.append(family("process_start_time_seconds", "Start, in Unix time.", .gauge, start))
        }
        // A process that has used up its descriptors cannot list them: then there is no number to show.
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            // The listing itself needs one.
            families.append(family("process_open_fds", "Open file descriptors.", .gauge, Double(open - 1)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            families.append(
                family("process_max_fds", "File descriptors that may be open.", .gauge, Double(limit.rlim_cur))
            )
        }
        return families
    }

    private static func family(
        _ name: String,
        _ help: String,
        _ kind: MetricFamily.Kind,
        _ value: Double
    ) -> MetricFamily {
        MetricFamily(name: name, help: help, kind: kind, series: [.init(value: .number(value))])
    }

    /// Unix time at which this machine started. Does not change while we run.
    private static let bootTime: Double? = contents(of: "/proc/stat").split(separator: "\n")
        .first { $0.hasPrefix("btime ") }
        .flatMap { Double($0.dropFirst(6)) }

    /// Files in `/proc` have no length to go by. Empty where there is no such file.
    private static func contents(of path: String) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? handle.close() }  // Nothing was written, so nothing can be lost.
        guard let data = try? handle.readToEnd() else { return "" }  // As documented: empty.
        return String(decoding: data, as: UTF8.self)
    }
}

/// The fields we use of `/proc/<pid>/stat` (proc(5)).
struct ProcessStatistics: Equatable {
    let cpuTicks: Double
    let threads: Double
    let startTicks: Double
    let virtualBytes: Double
    let residentPages: Double

    init?(text: String) {
        // The second field, the name of the program, stands in parentheses and may hold anything.
        guard let name = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: name)...].split(whereSeparator: \.isWhitespace)
        /// As proc(5) counts them; the list starts with the third.
        func field(_ number: Int) -> Double? { fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24)
        else { return nil }
        cpuTicks = user + system
        self.threads = threads
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
    }
}
