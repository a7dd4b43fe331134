// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import Edge
package import Foundation
package import Logging
internal import ServiceLifecycle
internal import Sessions
internal import Settings
package import Tokens
internal import UnixSignals
internal import Upstreams

/// Puts a changed configuration in force without a restart: on SIGHUP, on a change of a watched file, and when asked.
///
/// Everything is read and built first; only a whole and better configuration is handed to the loops, and anything else changes
/// nothing. Runs as an actor without a suspension between reading and handing over, so that reloads follow one another.
package actor Reloader: Service {
    private let source: ConfigurationSource
    private let edge: EdgeListener
    private let tokens: TokenAuthority
    private let configuration: RunningConfiguration
    private let interval: Duration
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private let logger: Logger
    /// What the process was built from, for the sections a reload does not reach.
    private let started: GatewaySettings
    private var metrics = ReloadMetrics()
    private var watch: FileWatch
    private var lastRefusal: String?
    private var hasStarted = false

    /// - Parameter interval: between two looks at the files.
    package init(
        source: ConfigurationSource,
        edge: EdgeListener,
        tokens: TokenAuthority,
        configuration: RunningConfiguration,
        interval: Duration = .seconds(1),
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        logger: Logger
    ) {
        self.source = source
        self.edge = edge
        self.tokens = tokens
        self.configuration = configuration
        self.interval = interval
        self.clock = clock
        self.now = now
        self.logger = logger
        started = configuration.current.settings
        watch = FileWatch(Self.signatures(source.watched(by: configuration.current.settings)))
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.listenForSignals() }
            group.addTask { await self.lookAtFiles() }
            // Cancelled instead of drained: the same end.
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func listenForSignals() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { _ = await reload(because: "SIGHUP") }
    }

    private func lookAtFiles() async {
        while true {
            do { try await clock.sleep(for: interval) } catch { return }  // cancelled
            await look()
        }
    }

    /// One look at the files, and a reload if it is time for one.
    func look() async {
        guard let snapshot = edge.current else { return }
        if !hasStarted { begin(snapshot.certificates) }
        switch watch.looked(signatures()) {
        case .none: return
        case .load: _ = await reload(because: "file change")
        case .retry: _ = await reload(because: "retry", isQuiet: true)
        }
    }

    /// Reads the configuration again. Returns once it is in force on every loop, or with the reason why it is not.
    /// - Parameter isQuiet: the same refusal as the last time is neither logged nor counted.
    package func reload(because cause: String, isQuiet: Bool = false) async -> ReloadOutcome {
        let (outcome, snapshot) = load()
        if let snapshot { await edge.adopt(snapshot) }
        report(outcome, cause, isQuiet: isQuiet)
        return outcome
    }

    // MARK: Deciding

    private func load() -> (ReloadOutcome, EdgeSnapshot?) {
        let seen = signatures()
        do {
            let next = try source.load()
            // Files that only the new settings name are watched from here on.
            let (outcome, snapshot) = try judge(next)
            watch.loaded(signatures().merging(seen) { $1 }, failed: false)
            return (outcome, snapshot)
        } catch {
            watch.loaded(seen, failed: true)
            return (.refused(message: "\(error)"), nil)
        }
    }

    private func judge(_ next: GatewaySettings) throws -> (ReloadOutcome, EdgeSnapshot?) {
        let running = configuration.current
        guard let before = edge.current else { throw EdgeStarting() }
        let upstreams = RunningConfiguration.upstreams(of: next, continuing: running.upstreams)
        let snapshot = try edge.prepare(next.edge, upstreams: upstreams, identityKeys: try next.identityKeys())
        let rules = ReloadRules(
            routes: running.settings.edge.routes.count,
            loginUpstream: started.sessions?.upstream,
            now: now()
        )
        let objection = rules.objection(
            to: next,
            certificates: snapshot.certificates,
            origins: snapshot.origins,
            replacing: before.certificates
        )
        if let objection { throw Objection(file: source.file, text: objection) }

        var changed = ReloadRules.difference(running.settings.sections, next.sections)
            .filter { !ReloadRules.needRestart.contains($0) }
        if snapshot.hasOtherCertificates(than: before) { changed.append("certificates") }
        let restart = ReloadRules.difference(started.sections, next.sections)
            .filter { ReloadRules.needRestart.contains($0) }
        guard !changed.isEmpty else { return (.unchanged(restart: restart), nil) }
        if changed.contains("issuers") { tokens.replace(profiles: next.issuers) }
        configuration.replace(settings: next, upstreams: upstreams)
        metrics.inForce(snapshot.certificates, now: now())
        return (.applied(changed: changed, restart: restart), snapshot)
    }

    private struct Objection: Error, CustomStringConvertible {
        var file: String?
        var text: String
        var description: String { file.map { "\($0): \(text)" } ?? text }
    }

    private func report(_ outcome: ReloadOutcome, _ cause: String, isQuiet: Bool) {
        var refusal: String?
        if case .refused(let message) = outcome { refusal = message }
        defer { lastRefusal = refusal }
        if isQuiet, refusal != nil, refusal == lastRefusal { return }
        metrics.count(outcome)
        var metadata: Logger.Metadata = ["cause": "\(cause)"]
        switch outcome {
        case .applied(let changed, let restart):
            metadata["changed"] = "\(changed.joined(separator: ", "))"
            logger.info("configuration reloaded", metadata: metadata)
            warn(restart)
        case .unchanged(let restart):
            logger.info("configuration unchanged", metadata: metadata)
            warn(restart)
        case .refused(let message):
            metadata["error"] = "\(message)"
            logger.error("configuration not reloaded: nothing was changed", metadata: metadata)
        }
    }

    private func warn(_ restart: [String]) {
        guard !restart.isEmpty else { return }
        logger.warning(
            "these settings need a restart; until then the old ones hold",
            metadata: ["settings": "\(restart.joined(separator: ", "))"]
        )
    }

    /// What the process started with is in force now. An expired certificate does not keep a gateway from starting: browsers will
    /// refuse it, and the internal listener serves.
    private func begin(_ certificates: [CertificateFacts]) {
        hasStarted = true
        metrics.inForce(certificates, now: now())
        for problem in certificates.compactMap({ $0.problem(now: now()) }) {
            logger.error("browsers refuse this certificate", metadata: ["problem": "\(problem)"])
        }
    }

    // MARK: Files

    private func signatures() -> [String: FileSignature] {
        Self.signatures(source.watched(by: configuration.current.settings))
    }

    private static func signatures(_ files: [String]) -> [String: FileSignature] {
        Dictionary(files.map { ($0, FileSignature(path: $0)) }) { $1 }
    }
}
