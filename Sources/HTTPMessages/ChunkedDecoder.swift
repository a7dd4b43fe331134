// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

internal import NIOCore

/// The chunked coding (RFC 9112 §7.1), byte by byte between the data: no line end but CR LF, extensions and trailers
/// parsed, bounded and dropped.
struct ChunkedDecoder: Sendable {
    /// Bytes of chunk extensions in one body.
    static let extensionLimit = 16 * 1024
    private static let sizeDigits = 16

    private enum State {
        case size(UInt64, digits: Int)
        case chunkExtension(UInt64)
        case sizeLineFeed(UInt64)
        case data(UInt64)
        case dataReturn, dataLineFeed
        case trailerStart
        case trailerName(length: Int)
        case trailerValue(length: Int)
        case trailerLineFeed
        case lastLineFeed
    }

    private var state = State.size(0, digits: 0)
    private let limits: HeadLimits
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailers = 0

    init(limits: HeadLimits) { self.limits = limits }

    mutating func next(_ buffer: inout ByteBuffer) throws(MessageError) -> HTTP1BodyDecoder.Part {
        while true {
            if case .data(let remaining) = self.state {
                let length = Int(min(remaining, UInt64(buffer.readableBytes)))
                guard length > 0, let chunk = buffer.readSlice(length: length) else { return .needMore }
                self.state = remaining == UInt64(length) ? .dataReturn : .data(remaining - UInt64(length))
                return .chunk(chunk)
            }
            switch buffer.withUnsafeReadableBytes({ self.consume($0) }) {
            case .needMore(let count):
                buffer.moveReaderIndex(forwardBy: count)
                return .needMore
            case .data(let count):
                buffer.moveReaderIndex(forwardBy: count)
            case .end(let count):
                buffer.moveReaderIndex(forwardBy: count)
                return .end
            case .failed(let error):
                throw error
            }
        }
    }

    private enum Outcome {
        case needMore(Int)
        case data(Int)
        case end(Int)
        case failed(MessageError)
    }

    /// Consumes framing bytes up to the next data or the end of the body.
    private mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        for index in bytes.indices {
            do throws(MessageError) {
                if try self.take(bytes[index]) { return .end(index + 1) }
            } catch {
                return .failed(error)
            }
            if case .data = self.state { return .data(index + 1) }
        }
        return .needMore(bytes.count)
    }

    /// True at the body's last byte.
    private mutating func take(_ byte: UInt8) throws(MessageError) -> Bool {
        switch self.state {
        case .size(let size, let digits):
            self.state = try self.sizeByte(byte, size: size, digits: digits)
        case .chunkExtension(let size):
            if byte == .carriageReturn {
                self.state = .sizeLineFeed(size)
                break
            }
            guard byte.isFieldText else { throw MessageError(.badMessage, "byte not allowed in a chunk extension") }
            try self.countExtensionByte()
        case .sizeLineFeed(let size):
            try Self.expect(byte, .lineFeed)
            self.state = size == 0 ? .trailerStart : .data(size)
        case .data:
            preconditionFailure("data is taken in slices")
        case .dataReturn:
            try Self.expect(byte, .carriageReturn)
            self.state = .dataLineFeed
        case .dataLineFeed:
            try Self.expect(byte, .lineFeed)
            self.state = .size(0, digits: 0)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed:
            try self.trailerByte(byte)
        case .lastLineFeed:
            try Self.expect(byte, .lineFeed)
            return true
        }
        return false
    }

    private mutating func sizeByte(_ byte: UInt8, size: UInt64, digits: Int) throws(MessageError) -> State {
        if let digit = byte.hexDigit {
            guard digits < Self.sizeDigits else {
                throw MessageError(.badMessage, "chunk size has more than 16 digits")
            }
            let size = size << 4 | UInt64(digit)
            guard size <= UInt64(Int.max) else { throw MessageError(.badMessage, "chunk size too large") }
            return .size(size, digits: digits + 1)
        }
        guard digits > 0 else { throw MessageError(.badMessage, "chunk size is not hexadecimal") }
        switch byte {
        case .carriageReturn:
            return .sizeLineFeed(size)
        case UInt8(ascii: ";"):
            try self.countExtensionByte()
            return .chunkExtension(size)
        default:
            throw MessageError(.badMessage, "chunk size is not hexadecimal")
        }
    }

    private mutating func countExtensionByte() throws(MessageError) {
        self.extensionBytes += 1
        guard self.extensionBytes <= Self.extensionLimit else {
            throw MessageError(.badMessage, "chunk extensions too long")
        }
    }

    private mutating func trailerByte(_ byte: UInt8) throws(MessageError) {
        self.trailerBytes += 1
        guard self.trailerBytes <= self.limits.head else { throw MessageError(.headTooLarge, "trailers too large") }
        switch self.state {
        case .trailerStart where byte == .carriageReturn:
            self.state = .lastLineFeed
        case .trailerStart:
            self.trailers += 1
            guard self.trailers <= self.limits.fields else { throw MessageError(.headTooLarge, "too many trailers") }
            guard byte.isToken else { throw MessageError(.badMessage, "byte not allowed in a trailer name") }
            self.state = .trailerName(length: 1)
        case .trailerName(let length) where byte == UInt8(ascii: ":"):
            self.state = .trailerValue(length: try self.longer(length))
        case .trailerName(let length):
            guard byte.isToken else { throw MessageError(.badMessage, "byte not allowed in a trailer name") }
            self.state = .trailerName(length: try self.longer(length))
        case .trailerValue where byte == .carriageReturn:
            self.state = .trailerLineFeed
        case .trailerValue(let length):
            guard byte.isFieldText else { throw MessageError(.badMessage, "byte not allowed in a trailer value") }
            self.state = .trailerValue(length: try self.longer(length))
        default:
            try Self.expect(byte, .lineFeed)
            self.state = .trailerStart
        }
    }

    private func longer(_ length: Int) throws(MessageError) -> Int {
        guard length < self.limits.field else { throw MessageError(.headTooLarge, "trailer too long") }
        return length + 1
    }

    private static func expect(_ byte: UInt8, _ expected: UInt8) throws(MessageError) {
        guard byte == expected else { throw MessageError(.badMessage, "malformed line end in a chunked body") }
    }
}
