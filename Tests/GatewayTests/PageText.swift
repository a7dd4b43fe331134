// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import Testing

/// What the text of an embedded page may and may not hold.
enum PageText {
    /// Paths of this origin that it loads or links to.
    static func references(in text: String) -> [String] {
        text.matches(of: /(?:src|href)="(\/[^"]*)"|from '(\/[^']+)'|url\((\/[^)]+)\)/).map {
            String($0.1 ?? $0.2 ?? $0.3 ?? "")
        }
    }

    static func check(_ text: String, of path: String) {
        #expect(text.matches(of: /<script(?![^>]* src=)[^>]*>/).isEmpty, "\(path)")
        #expect(text.matches(of: /<script[^>]*>\s*[^<\s]/).isEmpty, "\(path)")
        #expect(!text.contains("<style"), "\(path)")
        #expect(text.matches(of: /\sstyle\s*=\s*["']/).isEmpty, "\(path)")
        #expect(text.matches(of: /\son[a-z]+\s*=\s*["']/).isEmpty, "\(path)")
        // The name of SVG is a name, and is fetched by nobody.
        let addresses = text.replacing("http://www.w3.org/2000/svg", with: "")
        for word in ["http://", "https://", "javascript:", "eval(", "innerHTML", "outerHTML", "insertAdjacentHTML"] {
            #expect(!addresses.contains(word), "\(path): \(word)")
        }
    }
}
