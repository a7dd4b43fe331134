// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

/// Error codes of RFC 9113 §7.
enum HTTP2Code: UInt32, Sendable {
    case noError, protocolError, internalError, flowControlError, settingsTimeout, streamClosed, frameSizeError
    case refusedStream, cancel, compressionError, connectError, enhanceYourCalm, inadequateSecurity, http11Required
}

/// A rule of RFC 9113 that the client broke, and what ends by it.
struct HTTP2Fault: Error, Hashable {
    let code: HTTP2Code
    /// The stream that is reset; 0: the connection, by GOAWAY.
    var stream: UInt32 = 0

    init(_ code: HTTP2Code, stream: UInt32 = 0) {
        self.code = code
        self.stream = stream
    }
}
