// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import LocalCA
internal import Logging
internal import ServiceLifecycle

/// Renews the local certificate while `gatecast up` runs, 30 days before its end. The reload notices the new file by itself, and no
/// connection is cut.
struct CertificateRenewal: Service {
    var directory: String
    var logger: Logger
    var now: @Sendable () -> Date = { Date() }
    /// Between two looks.
    var pause: @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(12 * 3600)) }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await pause() } catch is CancellationError { return }
                look()
            }
        }
    }

    private func look() {
        do {
            let made = try CertificateAuthority.ensure(directory: directory, now: now())
            guard made.created else { return }
            logger.notice("local certificate renewed", metadata: ["certificate": "\(made.certificatePath)"])
            if made.authorityCreated {
                logger.warning("the local authority is new and has to be trusted again: gatecast certs --trust")
            }
        } catch {
            logger.error("local certificate not renewed", metadata: ["error": "\(error)"])
        }
    }
}
