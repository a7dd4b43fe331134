// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation
import Testing

@testable import Gateway

@Suite("Watching files")
final class FileWatchTests {
    private let path = NSTemporaryDirectory() + "gatecast-watch-\(UUID().uuidString)"

    init() throws { try write("a") }

    // What stays behind is in the system's temporary folder.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func write(_ text: String) throws { try text.write(toFile: path, atomically: false, encoding: .utf8) }
    private var now: [String: FileSignature] { [path: FileSignature(path: path)] }

    @Test("A change is loaded once it has been quiet for a look, and once")
    func quiet() throws {
        var watch = FileWatch(now)
        #expect(watch.looked(now) == .none)
        try write("half of it")
        #expect(watch.looked(now) == .none)
        try write("half of it and the rest")
        #expect(watch.looked(now) == .none)
        #expect(watch.looked(now) == .load)
        watch.loaded(now, failed: false)
        for _ in 0..<20 { #expect(watch.looked(now) == .none) }
    }

    @Test("What failed is tried again now and then, until it succeeds")
    func retry() throws {
        var watch = FileWatch(now)
        try write("broken")
        #expect(watch.looked(now) == .none)
        #expect(watch.looked(now) == .load)
        watch.loaded(now, failed: true)
        let looks = (0..<10).map { _ in
            let action = watch.looked(now)
            if action == .retry { watch.loaded(now, failed: true) }
            return action
        }
        #expect(looks.filter { $0 == .retry }.count == 2)
        #expect(looks.filter { $0 == .load }.isEmpty)
        watch.loaded(now, failed: false)
        for _ in 0..<20 { #expect(watch.looked(now) == .none) }
    }

    @Test("A change while a load ran is seen afterwards")
    func during() throws {
        var watch = FileWatch(now)
        let before = now
        try write("later")
        watch.loaded(before, failed: false)
        #expect(watch.looked(now) == .none)
        #expect(watch.looked(now) == .load)
    }

    @Test("A rename over the file, its removal, and a link that points elsewhere are changes")
    func replaced() throws {
        let before = FileSignature(path: path)
        #expect(FileSignature(path: path) == before)
        try "a".write(toFile: path, atomically: true, encoding: .utf8)
        let renamed = FileSignature(path: path)
        #expect(renamed != before)
        try FileManager.default.removeItem(atPath: path)
        let gone = FileSignature(path: path)
        #expect(gone != renamed)
        #expect(gone == FileSignature(path: path + ".never"))
        try "b".write(toFile: path + ".target", atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path + ".target") }
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".target")
        let linked = FileSignature(path: path)
        #expect(linked != gone)
        try "c".write(toFile: path + ".target", atomically: true, encoding: .utf8)
        #expect(FileSignature(path: path) != linked)
    }
}
