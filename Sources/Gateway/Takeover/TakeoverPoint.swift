// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Dispatch
package import Edge
internal import Foundation
package import Logging
internal import ServiceLifecycle

/// Where a successor finds this process: a Unix socket in the data folder, for its owner alone. Who asks there gets copies of the
/// listening sockets; once it says that it is ready, this process drains.
package struct TakeoverPoint: Service {
    /// In the data folder.
    package static func path(inData folder: String) -> String { "\(folder)/takeover.sock" }

    private let path: String
    private let edge: EdgeListener
    private let drain: Drain
    private let logger: Logger

    package init(path: String, edge: EdgeListener, drain: Drain, logger: Logger) {
        self.path = path
        self.edge = edge
        self.drain = drain
        self.logger = logger
    }

    package func run() async throws {
        // Only once there is something to give away; before, a predecessor may still be found under this path.
        do { try await drain.waitUntilServing() } catch { return }
        let listener: UnixSocket
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            listener = try UnixSocket.listen(at: path)
        } catch {
            logger.warning(
                "no other process can take over from this one",
                metadata: ["path": "\(path)", "error": "\(error)"]
            )
            // A service that ends would end the process.
            try? await gracefulShutdown()
            return
        }
        let inode = FileSignature(path: path)
        // Its calls block, for as long as a successor may take: not for the cooperative pool.
        let queue = DispatchQueue(label: "gatecast.takeover")
        let source = DispatchSource.makeReadSource(fileDescriptor: listener.descriptor, queue: queue)
        source.setEventHandler { self.serve(listener) }
        source.resume()
        try? await gracefulShutdown()
        source.cancel()
        // A successor has put its own there.
        if FileSignature(path: path).isSameFile(as: inode) { unlink(path) }
    }

    private func serve(_ listener: UnixSocket) {
        do {
            let successor = try listener.accept()
            try successor.setTimeLimit(seconds: 5)
            guard try successor.receive().line == TakeoverProtocol.request else {
                return try successor.send("unknown request")
            }
            let sockets = edge.sockets.sorted { $0.key.rawValue > $1.key.rawValue }
            try successor.send(
                sockets.map(\.key.rawValue).joined(separator: " "),
                descriptors: sockets.map(\.value.descriptor)
            )
            logger.info("another process takes over", metadata: ["sockets": "\(sockets.count)"])
            try successor.setTimeLimit(seconds: TakeoverProtocol.patience)
            guard try successor.receive().line == TakeoverProtocol.ready else { return }
            logger.info("taken over: draining")
            drain.handOver()
        } catch {
            logger.warning(
                "the other process did not become ready; this one serves on",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
