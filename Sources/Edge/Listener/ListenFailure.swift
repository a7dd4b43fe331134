// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import Foundation
internal import NIOCore
package import Settings

/// A listener that could not be opened, in words its operator can act on.
package struct ListenFailure: Error, Sendable, CustomStringConvertible {
    package let listener: String
    package let address: ListenAddress
    package let reason: String
    /// Somebody else listens there.
    package let isTaken: Bool

    /// - Parameter listener: `public`, `internal` or `admin`.
    package init(_ listener: String, _ address: ListenAddress, because error: any Error) {
        self.listener = listener
        self.address = address
        self.isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
        self.reason = (error as? IOError)?.errnoDescription ?? "\(error)"
    }

    package var description: String {
        """
        cannot listen on \(self.address) (\(self.reason)). Free that address, or choose another: listen.\(self.listener) in \
        gatecast.yaml, \(self.option) for gatecast up
        """
    }

    private var option: String { self.listener == "public" ? "--listen" : "--\(self.listener)" }
}

extension IOError {
    /// The system's words alone, without the name of the call.
    fileprivate var errnoDescription: String { String(cString: strerror(self.errnoCode)) }
}
