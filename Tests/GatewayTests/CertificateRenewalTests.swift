// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import LocalCA
import Synchronization
import Testing

@testable import gatecast

@Suite("Certificates of a gatecast up that runs for long")
struct CertificateRenewalTests {
    @Test("A certificate is left alone until 30 days before its end, and then renewed by the same authority")
    func renewal() async throws {
        let folder = NSTemporaryDirectory() + "gatecast-renewal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }  // what stays is in the temporary folder
        let start = Date()
        let made = try CertificateAuthority.ensure(directory: folder, now: start)
        let authority = try Data(contentsOf: URL(fileURLWithPath: made.caPath))

        /// What the file was at each look.
        let looks = Mutex<[Data]>([])
        // Each pause is a day.
        let days = Mutex(0)
        let renewal = CertificateRenewal(
            directory: folder,
            logger: AdminHarness.logger,
            now: { start.addingTimeInterval(Double(days.withLock { $0 }) * 86_400) },
            pause: {
                await Task.yield()
                let file = try Data(contentsOf: URL(fileURLWithPath: made.certificatePath))
                looks.withLock { $0.append(file) }
                let day = days.withLock { day in
                    day += 1
                    return day
                }
                if day == 63 { throw CancellationError() }
            }
        )
        try await renewal.run()
        let files = looks.withLock { $0 }
        #expect(files.count == 63)
        #expect(Set(files[..<60]).count == 1)
        #expect(files[59] != files[61])
        #expect(try Data(contentsOf: URL(fileURLWithPath: made.caPath)) == authority)
    }
}
