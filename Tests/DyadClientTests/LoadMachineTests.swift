import DyadClient
import Testing

struct LoadMachineTests {
    static func item(_ key: Int, _ value: String = "") -> LoadItem {
        LoadItem(
            request: Array(value.utf8), key: LoadKey(Array("\(key)".utf8)), position: TextPosition(line: 1, column: 1))
    }

    @Test func `rows travel by twenty-five, as many batches at once as allowed`() {
        var machine = LoadMachine(inFlightMax: 2)
        for key in 0..<60 { machine.add(Self.item(key)) }
        #expect(machine.send()?.items.count == 25)
        #expect(machine.send()?.items.count == 25)
        #expect(machine.send() == nil)
        machine.finished(0, rows: 25)
        #expect(machine.send() == nil)
        machine.end()
        #expect(machine.send()?.items.count == 10)
        machine.finished(2, rows: 10)
        machine.finished(1, rows: 25)
        #expect(machine.isDone)
        #expect(machine.rowsLoaded == 60)
    }

    @Test func `a batch is no longer than a request may be`() {
        let long = String(repeating: "x", count: 5 << 20)
        var machine = LoadMachine(inFlightMax: 9)
        for key in 0..<5 { machine.add(Self.item(key, long)) }
        machine.add(Self.item(4, long))
        machine.end()
        var sizes: [Int] = []
        while let batch = machine.send() {
            sizes.append(batch.items.count)
            machine.finished(batch.number, rows: batch.rows)
        }
        #expect(sizes == [2, 2, 1])
        #expect(machine.rowsLoaded == 6)
        #expect(machine.isDone)
    }

    @Test func `of rows with one key in one batch the last stays, and both count`() {
        var machine = LoadMachine(inFlightMax: 1)
        machine.add(Self.item(1, "first"))
        machine.add(Self.item(2))
        machine.add(Self.item(1, "last"))
        machine.end()
        let batch = machine.send()
        #expect(batch?.items == [Self.item(1, "last"), Self.item(2)])
        #expect(batch?.rows == 3)
    }

    @Test func `a batch waits while one of its keys travels`() {
        var machine = LoadMachine(inFlightMax: 4)
        for key in 0..<25 { machine.add(Self.item(key, "old")) }
        for key in 24..<49 { machine.add(Self.item(key, "new")) }
        for key in 100..<125 { machine.add(Self.item(key)) }
        #expect(machine.send()?.number == 0)
        #expect(machine.send() == nil, "the third batch must not overtake the second either")
        machine.finished(0, rows: 25)
        #expect(machine.send()?.number == 1)
        #expect(machine.send()?.number == 2)
    }

    @Test func `after a refusal nothing more is sent, and what travels comes home`() {
        var machine = LoadMachine(inFlightMax: 2)
        for key in 0..<100 { machine.add(Self.item(key)) }
        _ = machine.send()
        _ = machine.send()
        machine.finished(0, rows: 3)
        machine.abandonUnsent()
        #expect(machine.send() == nil)
        #expect(!machine.isDone)
        machine.finished(1, rows: 25)
        #expect(machine.isDone)
        #expect(machine.rowsLoaded == 28)
    }
}
