// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
// Part of Gatecast. Copyright 2026 the Gatecast authors.

import PackageDescription

// The house, floor by floor: a target lists only targets above it in this file (docs/architecture.md).

let nio = "swift-nio"
let core: Target.Dependency = .product(name: "NIOCore", package: nio)
let posix: Target.Dependency = .product(name: "NIOPosix", package: nio)
let embedded: Target.Dependency = .product(name: "NIOEmbedded", package: nio)
let concurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: nio)
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: nio)
let webSocket: Target.Dependency = .product(name: "NIOWebSocket", package: nio)
let http1: Target.Dependency = .product(name: "NIOHTTP1", package: nio)
let http2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let hpack: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let metricsAPI: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")

let floors: [Target] = [
    // 0
    .systemLibrary(name: "CMemory"),
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
    .target(name: "StrictJSON"),
    .target(name: "Settings", dependencies: [yams]),
    .target(name: "HTTPMessages", dependencies: [core]),
    // 1
    .target(name: "Wire", dependencies: ["StrictJSON", core]),
    .target(
        name: "Tokens",
        dependencies: [
            "StrictJSON", "Settings", crypto, cryptoExtras, httpClient, http1, lifecycle, logging, metrics, core,
        ]
    ),
    .target(name: "Store", dependencies: [grdb, lifecycle, logging, metrics]),
    .target(name: "Redis", dependencies: ["CHiredis", "Settings", core, posix, tls, lifecycle, logging, deque]),
    .target(
        name: "Upstreams",
        dependencies: ["HTTPMessages", "Settings", core, posix, nioTLS, tls, lifecycle, logging, metrics, deque]
    ),
    .target(
        name: "Observability",
        dependencies: [
            "StrictJSON", "Settings", httpClient, core, http1, lifecycle, logging, metrics, metricsAPI, deque,
        ]
    ),
    .target(name: "LocalCA", dependencies: [x509, asn1, crypto]),
    // 2
    .target(
        name: "EventLog",
        dependencies: [
            "Redis", "Store", "Wire", "Settings", "StrictJSON", core, posix, grdb, lifecycle, logging, metrics, deque,
        ]
    ),
    .target(
        name: "Sessions",
        dependencies: [
            "Redis", "Store", "Tokens", "Settings", "StrictJSON", crypto, grdb, lifecycle, logging, metrics, core,
        ]
    ),
    // 3
    .target(
        name: "Live",
        dependencies: [
            "EventLog", "Tokens", "Wire", "Settings", "StrictJSON", "CMemory", core, posix, crypto, lifecycle, logging,
            metrics, deque,
        ]
    ),
    .target(name: "Intake", dependencies: ["EventLog", "Redis", "Wire", "StrictJSON", logging, metrics]),
    .target(
        name: "ServiceKit",
        dependencies: [
            "EventLog", "Observability", "Redis", "Store", "Tokens", "Wire", "Settings", "StrictJSON", hummingbird,
            hummingbirdCore, httpTypes,
            httpClient, lifecycle, signals, logging, metrics, core, posix, http1,
        ]
    ),
    // 4
    .target(
        name: "Edge",
        dependencies: [
            "Live", "Sessions", "Upstreams", "Observability", "Redis", "Tokens", "Wire", "HTTPMessages", "Settings",
            "StrictJSON", core, posix, crypto, x509, asn1,
            concurrency, tls, http1, lifecycle, logging, metrics, deque,
        ]
    ),
    .target(
        name: "Users",
        dependencies: [
            "CCrypt", "CArgon2", "ServiceKit", "Observability", "Store", "Tokens", "StrictJSON", "Settings", crypto,
            cryptoExtras,
            hummingbird, httpTypes, grdb, lifecycle, logging, metrics, core, posix, tls,
        ]
    ),
    .target(
        name: "Tasks",
        dependencies: [
            "ServiceKit", "Observability", "Store", "Wire", "Tokens", "EventLog", "Settings", "StrictJSON", hummingbird,
            httpTypes, grdb,
            crypto, lifecycle,
            logging, metrics, core,
        ]
    ),
    .target(
        name: "Notifications",
        dependencies: [
            "ServiceKit", "Observability", "Store", "Wire", "Tokens", "EventLog", "Settings", "StrictJSON", hummingbird,
            httpTypes, grdb,
            lifecycle,
            logging, metrics, core,
        ]
    ),
    .target(name: "ServiceCommand", dependencies: ["ServiceKit", "Store", "Settings", argumentParser]),
    // 5
    .target(
        name: "Gateway",
        dependencies: [
            "Edge", "Live", "Intake", "Sessions", "EventLog", "Tokens", "Upstreams", "Redis", "Store", "Wire",
            "Settings", "CMemory",
            "StrictJSON",
            "HTTPMessages", "Observability", hummingbird, httpTypes, httpClient, crypto, lifecycle, signals, logging,
            metrics,
            core, posix, http1,
            tls,
        ],
        resources: [.embedInCode("Page"), .embedInCode("Console")]
    ),
    // 6
    .executableTarget(
        name: "gatecast",
        dependencies: [
            "Gateway", "Edge", "Users", "Tasks", "Notifications", "ServiceKit", "EventLog", "Tokens", "Wire", "LocalCA",
            "Observability", "Settings", "StrictJSON", "Redis", "Upstreams", argumentParser, httpClient, lifecycle,
            signals, logging, metrics, core,
            posix, http1, crypto, tls,
        ],
        path: "Sources/GatecastCommand"
    ),
    .executableTarget(
        name: "live-echo",
        dependencies: [
            "Live", "HTTPMessages", "Observability", "Settings", argumentParser, lifecycle, signals, logging, core,
            posix,
        ],
        path: "Sources/LiveEchoCommand"
    ),
    .executableTarget(
        name: "users-service",
        dependencies: [
            "Users", "ServiceCommand", "ServiceKit", "EventLog", "Observability", "Settings", argumentParser, lifecycle,
            logging, metrics,
        ],
        path: "Sources/UsersCommand",
        exclude: ["README.md"]
    ),
    .executableTarget(
        name: "tasks-service",
        dependencies: [
            "ServiceCommand", "Tasks", "ServiceKit", "Store", "EventLog", "Observability", "Settings", argumentParser,
            lifecycle, logging,
            metrics,
        ],
        path: "Sources/TasksCommand",
        exclude: ["README.md"]
    ),
    .executableTarget(
        name: "notifications-service",
        dependencies: [
            "ServiceCommand", "Store", "Notifications", "ServiceKit", "EventLog", "Observability", "Settings",
            argumentParser, lifecycle, logging,
            metrics,
        ],
        path: "Sources/NotificationsCommand",
        exclude: ["README.md"]
    ),
]

let tests: [Target] = [
    .systemLibrary(name: "CSpawn", path: "Tests/CSpawn"),
    .target(
        name: "TestSupport",
        dependencies: [
            "CSpawn", "Redis", "Settings", "Tokens", "StrictJSON", core, posix, embedded, http1, webSocket, httpClient,
            crypto,
            logging, x509,
            asn1, tls,
        ],
        path: "Tests/TestSupport"
    ),
    .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings"]),
    .testTarget(name: "HTTPMessagesTests", dependencies: ["HTTPMessages", core]),
    .testTarget(name: "WireTests", dependencies: ["Wire", "StrictJSON", core]),
    .testTarget(
        name: "TokensTests",
        dependencies: [
            "Tokens", "Settings", "StrictJSON", "TestSupport", crypto, cryptoExtras, jwtKit, logging, posix,
        ]
    ),
    .testTarget(name: "StoreTests", dependencies: ["Store", "TestSupport", grdb, logging, lifecycle]),
    .testTarget(
        name: "RedisTests",
        dependencies: ["Redis", "Settings", "TestSupport", core, posix, embedded, logging, lifecycle]
    ),
    .testTarget(
        name: "UpstreamsTests",
        dependencies: [
            "Upstreams", "HTTPMessages", "Settings", "TestSupport", core, posix, tls, embedded, lifecycle, logging,
        ]
    ),
    .testTarget(
        name: "ObservabilityTests",
        dependencies: [
            "Observability", "Settings", "StrictJSON", "TestSupport", core, posix, lifecycle, logging, metrics,
            metricsAPI,
        ]
    ),
    .testTarget(name: "LocalCATests", dependencies: ["LocalCA", "TestSupport", x509, asn1, crypto, tls, core, posix]),
    .testTarget(
        name: "EventLogTests",
        dependencies: [
            "EventLog", "Redis", "Store", "Wire", "Settings", "TestSupport", core, posix, logging, lifecycle, grdb,
        ]
    ),
    .testTarget(
        name: "SessionsTests",
        dependencies: [
            "Sessions", "Redis", "Store", "Tokens", "Settings", "StrictJSON", "TestSupport", core, posix, crypto,
            logging, lifecycle,
        ]
    ),
    .testTarget(
        name: "LiveTests",
        dependencies: [
            "Live", "EventLog", "Wire", "Settings", "StrictJSON", "TestSupport", core, posix, embedded, logging,
            lifecycle,
        ]
    ),
    .testTarget(
        name: "IntakeTests",
        dependencies: ["Intake", "EventLog", "Redis", "Wire", "StrictJSON", "TestSupport", posix, logging]
    ),
    .testTarget(
        name: "EdgeTests",
        dependencies: [
            "Edge", "Live", "EventLog", "Sessions", "Upstreams", "Observability", "Tokens", "HTTPMessages", "Settings",
            "StrictJSON", "Wire", "Redis",
            "TestSupport", core, posix, embedded, http1, http2, hpack, tls, logging, lifecycle, httpClient,
        ],
        exclude: ["Tables"]
    ),
    .testTarget(
        name: "ServicesTests",
        dependencies: [
            "Users", "Tasks", "Notifications", "ServiceKit", "EventLog", "Store", "Tokens", "Wire", "Settings",
            "StrictJSON", "Redis", "Observability",
            "TestSupport", hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird"), httpTypes, grdb,
            logging,
            lifecycle, core, posix, tls, crypto,
        ]
    ),
    .testTarget(
        name: "GatewayTests",
        dependencies: [
            "Gateway", "Edge", "Live", "Sessions", "EventLog", "Tokens", "Settings", "StrictJSON", "Wire",
            "Observability",
            "TestSupport", core, posix, logging, lifecycle, httpClient, hummingbird, crypto,
            .product(name: "HummingbirdTesting", package: "hummingbird"), httpTypes, http1, argumentParser,
            "gatecast", "Redis", "ServiceKit", "Upstreams", "LocalCA",
        ]
    ),
    .testTarget(
        name: "IntegrationTests",
        dependencies: [
            "LocalCA", "Wire", "StrictJSON", "Redis", "Settings", "Sessions", "Tokens", "Gateway", "TestSupport", core,
            posix, tls, httpClient,
            http1, logging, lifecycle,
            "gatecast", "live-echo", "users-service", "tasks-service", "notifications-service",
        ]
    ),
]

/// `FUZZ=1 swift build --product fuzz` (`make fuzz`): libFuzzer's driver over the targets that the tests run too.
let isFuzzing = Context.environment["FUZZ"] != nil
let fuzzed: [Target.Dependency] = [
    "HTTPMessages", "Edge", "Sessions", "Tokens", "Settings", "StrictJSON", "EventLog", "Intake", "Live", "Redis",
    "Wire", core,
]
let fuzzData = ["README.md", "Corpus", "Failures", "run"]
let fuzz: Target =
    isFuzzing
    ? .executableTarget(name: "fuzz", dependencies: fuzzed, path: "Fuzz", exclude: fuzzData + ["Tests"])
    : .testTarget(name: "FuzzTests", dependencies: fuzzed, path: "Fuzz", exclude: fuzzData + ["Driver"])

/// One list for every target; each flag is a step of Swift's own road map.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
]

/// Where pointers live, each use of one is marked (SE-0458).
let pointerTargets: Set = ["Redis", "Wire"]

for target in floors + tests + [fuzz] where target.type != .system {
    target.swiftSettings = swiftSettings
    if pointerTargets.contains(target.name) { target.swiftSettings?.append(.strictMemorySafety()) }
    if Context.environment["CI"] == "true" {
        target.swiftSettings?.append(.treatAllWarnings(as: .error))  // SE-0480
    }
}

let package = Package(
    name: "gatecast",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: isFuzzing ? floors + [fuzz] : floors + tests + [fuzz],
    swiftLanguageModes: [.v6]
)
