// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Settings
import Testing

@testable import gatecast

@Suite("The secrets of gatecast up")
struct SecretFileTests {
    /// The data folder is made new, and removed after `body`.
    private func withFolder(_ body: (DataFolder) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatecast-data-\(UUID().uuidString)/inner"
        defer { try? FileManager.default.removeItem(atPath: path + "/..") }  // what stays is in the temporary folder
        let folder = DataFolder(path: path)
        try folder.make()
        try body(folder)
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test("Are made once, 32 random bytes, and kept")
    func kept() throws {
        try withFolder { folder in
            #expect(try folder.sessionKey.read() == nil)
            let made = try folder.sessionKey.readOrMake()
            #expect(Data(base64Encoded: made.text)?.count == 32)
            #expect(try folder.sessionKey.readOrMake().text == made.text)
            #expect(try folder.sessionKey.read() == made.text)
            #expect(try folder.adminToken.readOrMake().text != made.text)
        }
    }

    @Test("Nobody else may read file or folder")
    func modes() throws {
        try withFolder { folder in
            _ = try folder.sessionKey.readOrMake()
            #expect(try mode(folder.path) == 0o700)
            #expect(try mode(folder.sessionKey.path) == 0o600)
            try folder.sessionKey.write("again")
            #expect(try mode(folder.sessionKey.path) == 0o600)
            #expect(try folder.sessionKey.read() == "again")
        }
    }

    @Test("Are replaced whole: who holds the old file open still reads all of it, and nothing else stays in the folder")
    func atomic() throws {
        try withFolder { folder in
            try folder.adminToken.write("the old one")
            let old = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder.adminToken.path))
            try folder.adminToken.write("new")
            #expect(try old.readToEnd() == Data("the old one\n".utf8))
            #expect(try folder.adminToken.read() == "new")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["admin-token"])
        }
    }

    @Test("A folder that cannot be written is named, with what to do; an empty file counts as none")
    func errors() throws {
        try withFolder { folder in
            let file = SecretFile(path: folder.path + "/none/admin-token")
            let error = #expect(throws: SecretFileError.self) { try file.write("x") }
            #expect(error?.description.contains("make the folder writable, or choose another with --data") == true)
            try FileManager.default.createDirectory(
                atPath: folder.adminAddress.path,
                withIntermediateDirectories: false
            )
            #expect(throws: SecretFileError.self) { try folder.adminAddress.write("x") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["admin-address"])
            try folder.adminToken.write("")
            #expect(try folder.adminToken.read() == nil)
            #expect(try !folder.adminToken.readOrMake().bytes.isEmpty)
        }
    }
}
