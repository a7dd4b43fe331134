// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
package import Settings

/// A listener that could not be opened, in words its operator can act on.
package struct ListenError: Error, Sendable, CustomStringConvertible {
    package let address: ListenAddress
    package let reason: String

    package var description: String {
        "\(self.address): cannot listen here (\(self.reason)). Free the address, or set LISTEN to another host:port."
    }

    init?(_ error: any Error, address: ListenAddress) {
        guard let error = error as? IOError, [EADDRINUSE, EADDRNOTAVAIL, EACCES].contains(error.errnoCode) else {
            return nil
        }
        self.address = address
        self.reason = String(cString: strerror(error.errnoCode))
    }
}
