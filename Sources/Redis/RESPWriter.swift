// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

package import NIOCore

/// Commands as RESP2 arrays of bulk strings.
package enum RESPWriter {
    package static func write(_ command: [RedisArgument], into buffer: inout ByteBuffer) {
        writeCount(command.count, marker: UInt8(ascii: "*"), into: &buffer)
        for argument in command {
            switch argument {
            case .string(let text):
                writeCount(text.utf8.count, marker: UInt8(ascii: "$"), into: &buffer)
                buffer.writeString(text)
            case .bytes(let bytes):
                writeCount(bytes.count, marker: UInt8(ascii: "$"), into: &buffer)
                buffer.writeBytes(bytes)
            case .integer(let value):
                let text = String(value)
                writeCount(text.utf8.count, marker: UInt8(ascii: "$"), into: &buffer)
                buffer.writeString(text)
            }
            buffer.writeStaticString("\r\n")
        }
    }

    private static func writeCount(_ count: Int, marker: UInt8, into buffer: inout ByteBuffer) {
        buffer.writeInteger(marker)
        buffer.writeString(String(count))
        buffer.writeStaticString("\r\n")
    }
}
