import Testing

@testable import DyadLambda

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct ZipArchiveTests {
    @Test(arguments: [
        "../outside", "a/../../outside", "/etc/outside", "a//b", "..", "a/..", "a\\b", "..\\outside",
    ])
    func `a name that leads out of the folder is refused`(name: String) throws {
        let archive = ZipArchive(try makeZip([ZipFile("good.py", ""), ZipFile(name, "bad")]))
        #expect(throws: ZipArchive.Fault.self) { try archive.check() }
        let folder = "/tmp/dyad-zip-\(Identifiers.hex(8))/inner"
        #expect(makePrivateFolder(folder) == nil)
        #expect(throws: ZipArchive.Fault.self) { try archive.unpack(to: folder) }
        #expect(access("\(folder)/../outside", F_OK) != 0)
        removeFolder(String(folder.dropLast("/inner".count)))
    }

    @Test func `a link is refused`() throws {
        let archive = ZipArchive(try makeZip([ZipFile("link", "/etc/passwd", mode: 0o120777)]))
        #expect(throws: ZipArchive.Fault.unreadable("link is a link")) { try archive.check() }
    }

    @Test func `what is no zip is refused`() throws {
        for bytes in [[], Array("print('hello')".utf8), [0x50, 0x4B, 3, 4]] as [[UInt8]] {
            #expect(throws: ZipArchive.Fault.self) { try ZipArchive(bytes).check() }
        }
        let whole = try makeZip([ZipFile("index.py", "text")])
        #expect(throws: ZipArchive.Fault.self) { try ZipArchive(Array(whole.dropLast(10))).check() }
    }

    @Test func `files, folders and permissions are as they were packed`() throws {
        let archive = ZipArchive(
            try makeZip([
                ZipFile("./index.py", "text"), ZipFile("deep/down/run", "#!/bin/sh\n", mode: 0o100755),
                ZipFile("empty/", "", mode: 0o040755),
            ]))
        let folder = "/tmp/dyad-zip-\(Identifiers.hex(8))"
        #expect(makePrivateFolder(folder) == nil)
        defer { removeFolder(folder) }
        try archive.unpack(to: folder)
        #expect(try FileReader.text(at: "\(folder)/index.py") == "text")
        #expect(isExecutable("\(folder)/deep/down/run") && isThere("\(folder)/empty"))
        var status = stat()
        #expect(stat("\(folder)/index.py", &status) == 0 && status.st_mode & 0o777 & 0o600 == 0o600)
    }

    @Test func `a file of more than the quota is refused before it is written`() throws {
        // A zip of zeros: small as it is sent.
        var file = ZipFile("zeros", "")
        file.bytes = [UInt8](repeating: 0, count: ZipArchive.unpackedBytesMax + 1)
        let zip = try makeZip([file])
        #expect(zip.count < 1 << 20)
        #expect(throws: ZipArchive.Fault.tooLarge) { try ZipArchive(zip).check() }
    }
}
