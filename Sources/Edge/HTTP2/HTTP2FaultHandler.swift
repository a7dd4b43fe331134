// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore
internal import NIOHTTP2

/// Ends an HTTP/2 connection whose client floods it or does not speak the protocol. NIOHTTP2 says GOAWAY and leaves the closing
/// to us: without it such a connection would live on until it is idle for long enough.
///
/// A fault of one stream is not one of the connection: NIOHTTP2 has reset that stream already.
final class HTTP2FaultHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard Self.isFatal(error) else { return context.fireErrorCaught(error) }
        context.close(promise: nil)
    }

    static func isFatal(_ error: any Error) -> Bool {
        switch error {
        case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveControlFrames,
            is NIOHTTP2Errors.ExcessiveStreamErrors, is NIOHTTP2Errors.ExcessiveNumberOfGlitches,
            is NIOHTTP2Errors.ExcessiveContinuationFrames, is NIOHTTP2Errors.ExcessiveEmptyDataFrames,
            is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering, is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock,
            is NIOHTTP2Errors.BadClientMagic, is NIOHTTP2Errors.MissingPreface, is NIOHTTP2Errors.ReceivedBadSettings,
            is NIOHTTP2Errors.UnableToParseFrame, is NIOHTTP2Errors.InvalidSetting:
            true
        default: false
        }
    }
}

@available(*, unavailable) extension HTTP2FaultHandler: Sendable {}
