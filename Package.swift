// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A target of ours, its tests beside it: an arrow only ever points down.
func room(_ name: String, uses: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: uses, swiftSettings: settings)
}

func tests(_ name: String, uses: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: uses, swiftSettings: settings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let subprocess: [Target.Dependency] = [
    .product(name: "Subprocess", package: "swift-subprocess"),
    .product(name: "SystemPackage", package: "swift-system"),
]
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "dyad",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Dyad", targets: ["Dyad"]),
        .executable(name: "dyad", targets: ["DyadCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
        .target(name: "CMemory"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
        room("DyadModel", uses: ["CCrypto"]),
        room("DyadLanguage", uses: ["DyadModel"]),
        room("DyadStore", uses: ["DyadModel", "CSQLite"]),
        room("DyadEngine", uses: ["DyadModel", "DyadLanguage", "DyadStore"]),
        room("DyadSigV4", uses: ["CCrypto"]),
        room("DyadIAM", uses: ["DyadModel"]),
        room("DyadServer", uses: ["DyadModel", "DyadEngine", "DyadSigV4", "CZlib", logging] + nio),
        room("DyadLambda", uses: ["DyadModel", "CZip"] + nio + subprocess),
        room("DyadReplicator", uses: ["DyadModel", logging]),
        room("DyadMappings", uses: ["DyadModel", "DyadReplicator", logging]),
        room("DyadClient", uses: ["DyadModel", "DyadSigV4", "CZlib", httpClient, nioSSL, logging] + nio),
        room(
            "Dyad",
            uses: [
                "DyadModel", "DyadStore", "DyadEngine", "DyadIAM", "DyadLambda", "DyadServer", "DyadReplicator",
                "DyadMappings", "DyadClient", logging,
            ] + nio),
        .executableTarget(
            name: "DyadCLI",
            dependencies: [
                "Dyad", "DyadModel", "DyadReplicator", "DyadClient", "CMemory", "CSQLite", argumentParser, logging,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "DyadBench", dependencies: ["DyadServer", "DyadClient", "DyadModel", argumentParser],
            swiftSettings: settings),
        .executableTarget(
            name: "DyadOperations", dependencies: ["DyadEngine", "DyadModel"], swiftSettings: settings),

        tests("DyadModelTests", uses: ["DyadModel"]),
        tests("DyadLanguageTests", uses: ["DyadLanguage", "DyadModel"]),
        tests("DyadStoreTests", uses: ["DyadStore", "DyadModel"]),
        tests("DyadEngineTests", uses: ["DyadEngine", "DyadModel", "DyadStore"]),
        tests("FuzzTests", uses: ["DyadEngine", "DyadModel"]),
        tests("DyadSigV4Tests", uses: ["DyadSigV4"]),
        tests("DyadIAMTests", uses: ["DyadIAM", "DyadModel"]),
        tests("DyadServerTests", uses: ["DyadServer", "DyadEngine", "DyadModel", nioEmbedded] + nio),
        tests("DyadLambdaTests", uses: ["DyadLambda", "DyadModel", "CZip"]),
        tests("DyadReplicatorTests", uses: ["DyadReplicator", "DyadModel", logging]),
        tests("DyadMappingsTests", uses: ["DyadMappings", "DyadReplicator", "DyadModel", logging]),
        tests("DyadClientTests", uses: ["DyadClient", "DyadModel", "DyadSigV4"] + nio),
        tests("DyadTests", uses: ["Dyad", "DyadClient", "DyadMappings", "DyadReplicator", "DyadModel", logging]),
        tests("SimulationTests", uses: ["DyadReplicator", "DyadModel"]),
    ]
)
