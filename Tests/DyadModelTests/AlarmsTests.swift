import DyadModel
import Testing

struct AlarmsTests {
    private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    /// Which of `times`, wanted one after the other, are set.
    private static func want(_ times: [Int64], of alarms: inout Alarms) -> [Int64] {
        var set: [Int64] = []
        for time in times where alarms.want(at(time)) { set.append(time) }
        return set
    }

    @Test func `an alarm is set where none that is set comes as early`() {
        var alarms = Alarms()
        #expect(Self.want([10_000, 10_000, 20_000, 5, 10_000], of: &alarms) == [10_000, 5])
        alarms.rang(Self.at(5))
        #expect(Self.want([10_000], of: &alarms) == [])
        alarms.rang(Self.at(10_000))
        #expect(Self.want([10_000], of: &alarms) == [10_000])
    }

    @Test func `alarms may ring in any order`() {
        var alarms = Alarms()
        #expect(Self.want([30, 20, 10], of: &alarms) == [30, 20, 10])
        alarms.rang(Self.at(20))
        #expect(Self.want([20], of: &alarms) == [])
        alarms.rang(Self.at(10))
        #expect(Self.want([20], of: &alarms) == [20])
        #expect(alarms.count == 2)
    }

    @Test func `one far away is set once, however often a nearer one rings`() {
        var alarms = Alarms()
        var far = 0
        for round in 0..<10_000 as Range<Int64> {
            far += Self.want([60_000], of: &alarms).count
            #expect(Self.want([round * 5 + 5], of: &alarms).count == 1)
            #expect(alarms.count == 2)
            alarms.rang(Self.at(round * 5 + 5))
        }
        #expect(far == 1)
    }
}
