// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Foundation

/// libFuzzer's own loop over one target: `fuzz TARGET [libFuzzer options] [folders]`. Built by `make fuzz` alone.
@main
struct Fuzz {
    nonisolated(unsafe) static var target = FuzzTarget.all[0]  // set once, before the loop starts

    static func main() {
        let names = FuzzTarget.all.map(\.name)
        guard CommandLine.argc > 1, let found = FuzzTarget.all.first(where: { $0.name == CommandLine.arguments[1] })
        else {
            print("usage: fuzz TARGET [option…] [folder…]\ntargets: \(names.joined(separator: " "))")
            exit(2)
        }
        self.target = found
        // libFuzzer keeps the program's name and must not see the target's.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv.advanced(by: 1)
        arguments[0] = CommandLine.unsafeArgv[0]
        exit(runDriver(&count, &arguments, testOneInput))
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// libFuzzer's archive asks for this name even where its own `main` is not used.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(FuzzTarget.Broken) {
        try Fuzz.target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(Fuzz.target.name): \(error)")
    }
    return 0
}
