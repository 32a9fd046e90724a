import Foundation
import Testing

@testable import Epidemics

/// Files as public sources publish them.
@Suite struct ReaderTests {
  private let folder = TemporaryFolder()

  private func file(_ name: String, _ lines: String...) throws -> String {
    let path = "\(folder.path)/\(name)"
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func expectRefusal(_ parts: [String], _ body: () throws -> Void) {
    do {
      try body()
      Issue.record("nothing was refused; expected \(parts)")
    } catch {
      for part in parts { #expect("\(error)".contains(part), "\(error)") }
      #expect(!"\(error)".contains("\n"))
    }
  }

  // MARK: Days

  @Test func `days are read in both orders and know their weekday`() throws {
    let iso = try #require(Day("2020-04-05"))
    #expect(Day("4/5/20") == iso && Day("4/5/2020") == iso && Day("2020-04-05T00:00:00Z") == iso)
    #expect(iso.text == "2020-04-05" && iso.weekday == 6)
    #expect(Day("2020-02-29") != nil && Day("2021-02-29") == nil && Day("13/1/2020") == nil)
    #expect(Day("soon") == nil && Day("2020-4") == nil)
    let formatter = ISO8601DateFormatter()
    for number in stride(from: -1000, through: 40_000, by: 97) {
      let date = Date(timeIntervalSince1970: Double(number) * 86_400)
      #expect(formatter.string(from: date).hasPrefix(Day(number: number).text))
    }
  }

  // MARK: Deaths

  @Test func `long daily, long cumulative and wide files say the same`() throws {
    let daily = try DeathTable(
      path: file(
        "a.csv", "date,location,new_deaths", "2020-03-01,A,0", "2020-03-02,A,3", "2020-03-03,A,4"))
    let cumulative = try DeathTable(
      path: file(
        "b.csv", "date,state,fips,cases,deaths", "2020-03-01,A,1,9,0", "2020-03-02,A,1,9,3",
        "2020-03-03,A,1,9,7"))
    let wide = try DeathTable(
      path: file(
        "c.csv", "Province_State,Country_Region,Lat,3/1/20,3/2/20,3/3/20", "A,US,1.5,0,2,5",
        "A,US,1.6,0,1,2"))
    for table in [daily, cumulative, wide] {
      #expect(table.series["A"]?.counts == [0, 3, 4])
      #expect(table.series["A"]?.start == Day("2020-03-01"))
    }
    #expect(!daily.form.isCumulative && cumulative.form.isCumulative && wide.form.isCumulative)
    #expect(wide.form.isWide && !daily.form.isWide)
  }

  @Test func `a missing day is unknown, and so is the increment after it in a cumulative file`()
    throws
  {
    let table = try DeathTable(
      path: file(
        "d.csv", "date,location,cumulative_deaths", "2020-03-01,A,2", "2020-03-02,A,3",
        "2020-03-04,A,9", "2020-03-05,A,11"))
    #expect(table.series["A"]?.counts == [nil, 1, nil, nil, 2])
  }

  @Test func `a quoted name with a comma and a mapping file are understood`() throws {
    let names = try PlaceNames(
      path: file("map.csv", "from,to", "\"Korea, South\",South Korea"))
    let table = try DeathTable(
      path: file(
        "e.csv", "date,location,new_deaths", "2020-03-01,\"Korea, South\",1"), names: names)
    #expect(table.series.keys.sorted() == ["South Korea"])
  }

  @Test func `every bad number or date names line and place`() throws {
    let cases: [([String], [String])] = [
      (
        ["date,location,new_deaths", "2020-03-01,A,1", "2020-03-02,A,NaN"], ["line 3", "A", "NaN"]
      ),
      (
        ["date,location,new_deaths", "2020-03-01,A,1", "2020-03-01,A,2"], ["line 3", "A", "second"]
      ),
      (
        ["date,location,new_deaths", "2020-03-02,A,1", "2020-03-01,A,2"], ["line 3", "A", "after"]
      ),
      (["date,location,new_deaths", "March,A,1"], ["line 2", "A", "March"]),
      (["date,location,new_deaths", "2020-03-01,A"], ["line 2", "2 cells"]),
      (["date,location,new_deaths", "2020-03-01,A,1.5"], ["A", "1.5"]),
      (["date,location,sunshine", "2020-03-01,A,1"], ["new_deaths"]),
      (["date,location,new_deaths"], ["no rows"]),
    ]
    for (index, entry) in cases.enumerated() {
      let path = "\(folder.path)/bad-\(index).csv"
      try (entry.0.joined(separator: "\n") + "\n").write(
        toFile: path, atomically: true, encoding: .utf8)
      expectRefusal(["bad-\(index).csv"] + entry.1) { _ = try DeathTable(path: path) }
    }
  }

  @Test func `populations must be positive`() throws {
    let negative = try file("p.csv", "location,population", "A,-5")
    expectRefusal(["p.csv", "line 2", "A", "-5"]) { _ = try PopulationTable(path: negative) }
    let missing = try file("q.csv", "location,population_2019", "A,")
    expectRefusal(["q.csv", "line 2", "A"]) { _ = try PopulationTable(path: missing) }
  }

  // MARK: Cleaning

  @Test func `a correction is spread over the smallest window that can bear it`() {
    let cleaned = Cleaning.withoutNegatives([5, 4, 6, -3, 2, 7, 8], .spread)
    #expect(cleaned.compactMap { $0 }.reduce(0, +) == 29)
    #expect(cleaned.allSatisfy { ($0 ?? -1) >= 0 })
    #expect(cleaned[0] == 5 && cleaned[6] == 8)
    let large = Cleaning.withoutNegatives([50, 1, 1, -30, 1, 1, 2], .spread)
    #expect(large.compactMap { $0 }.reduce(0, +) == 26)
    #expect(large.allSatisfy { ($0 ?? -1) >= 0 })
    #expect(Cleaning.withoutNegatives([5, -1, 2], .mask) == [5, nil, 2])
    #expect(Cleaning.withoutNegatives([nil, 3, -1, 4, nil], .spread)[0] == nil)
  }

  // MARK: Mobility

  @Test func `percent and fractions, Google's long names and counties are understood`() throws {
    let google = try MobilityTable(
      path: file(
        "g.csv",
        "country_region,sub_region_1,sub_region_2,date,workplaces_percent_change_from_baseline",
        "US,Ohio,,2020-03-01,-25", "US,Ohio,Adams County,2020-03-01,-60",
        "US,Ohio,,2020-03-02,"))
    #expect(google.isPercent && google.columns == ["workplaces"])
    #expect(google.series["Ohio"]?.rows == [[-0.25], [nil]])
    let fractions = try MobilityTable(
      path: file("h.csv", "date,location,workplaces", "2020-03-01,Ohio,-.25"))
    #expect(!fractions.isPercent && fractions.series["Ohio"]?.rows == [[-0.25]])
    // Parks in summer reach more than six times their winter's visits.
    let summer = try MobilityTable(
      path: file(
        "i.csv", "date,location,workplaces,parks", "2020-07-04,Maine,-.42,5.25",
        "2020-07-05,Maine,-.31,4.1", "2020-07-06,Maine,-.3,.9"))
    #expect(!summer.isPercent && summer.series["Maine"]?.rows[0] == [-0.42, 5.25])
  }

  @Test func `features are trailing means without a look at the future`() throws {
    var lines = [
      "date,location,retail_and_recreation,grocery_and_pharmacy,transit_stations,workplaces"
    ]
    for day in 0..<20 {
      let value = day == 12 ? "" : "\(-2 * day)"
      lines.append("\(Day(number: 18_320 + day).text),A,\(value),\(value),\(value),\(value)")
    }
    let path = "\(folder.path)/m.csv"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let table = try MobilityTable(path: path)
    let series = try #require(table.series["A"])
    let end = Day(number: 18_335)
    let builder = try FeatureBuilder(FeatureSettings(), table, places: ["A"], through: end)
    let rows = builder.features(series, days: 18_310..<18_345, through: end)
    #expect(rows[0] == [0])
    // Day 9 of the report: the mean of days 3 to 9.
    #expect(abs(rows[19][0] + 0.12) < 1e-12)
    // The gap on day 12 is interpolated.
    #expect(abs(rows[22][0] + 0.18) < 1e-12)
    // After day 15 the last value is held; days 16 to 19 of the report are not looked at.
    #expect(abs(rows[34][0] + 0.30) < 1e-12)
  }

  // MARK: Together

  private func problem(
    deaths: String, mobility: String, population: String, change: (inout EpidemicRecipe) -> Void
  ) throws -> EpidemicProblem {
    var recipe = EpidemicRecipe()
    recipe.data.deaths = deaths
    recipe.data.mobility = mobility
    recipe.data.population = population
    change(&recipe)
    return try EpidemicProblem(recipe)
  }

  private func files() throws -> (deaths: String, mobility: String, population: String) {
    var recipe = EpidemicRecipe()
    recipe.simulation.places = 2
    let data = SimulatedPlaces(recipe).data
    for (name, text) in data.files {
      try text.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
    }
    return (
      "\(folder.path)/deaths.csv", "\(folder.path)/mobility.csv", "\(folder.path)/population.csv"
    )
  }

  @Test func `files written by the simulator are read back as they were made`() throws {
    let paths = try files()
    let read = try problem(
      deaths: paths.deaths, mobility: paths.mobility, population: paths.population
    ) { $0.data.through = "2020-05-20" }
    var recipe = EpidemicRecipe()
    recipe.simulation.places = 2
    recipe.data.through = "2020-05-20"
    let made = try EpidemicProblem(recipe)
    #expect(read.model.places == made.model.places)
    #expect(read.model.places.count == 2)
  }

  @Test func `places that one file lacks, deaths that are all zero and short mobility are named`()
    throws
  {
    let paths = try files()
    let other = try file("r.csv", "location,population", "Arden,1000000")
    expectRefusal(["r.csv", "Brenna", "deaths.csv"]) {
      _ = try problem(deaths: paths.deaths, mobility: paths.mobility, population: other) { _ in }
    }
    expectRefusal(["deaths.csv", "Atlantis"]) {
      _ = try problem(
        deaths: paths.deaths, mobility: paths.mobility, population: paths.population
      ) { $0.data.places = ["Atlantis"] }
    }
    expectRefusal(["deaths.csv", "Arden", "no death"]) {
      _ = try problem(
        deaths: paths.deaths, mobility: paths.mobility, population: paths.population
      ) { $0.data.through = "2020-02-16" }
    }
    let text = try String(contentsOfFile: paths.mobility, encoding: .utf8)
    let early = text.split(separator: "\n").filter { $0 < "2020-04-01" || $0.hasPrefix("date") }
    try early.joined(separator: "\n").write(
      toFile: "\(folder.path)/short.csv", atomically: true, encoding: .utf8)
    expectRefusal(["short.csv", "Arden", "2020-03-31"]) {
      _ = try problem(
        deaths: paths.deaths, mobility: "\(folder.path)/short.csv", population: paths.population
      ) { $0.data.through = "2020-05-20" }
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_DATA"] != nil))
  func `the public data are understood`() throws {
    let root = "\(ProcessInfo.processInfo.environment["SWIFTLET_DATA"] ?? "")/covid"
    let problem = try problem(
      deaths: "\(root)/us_states_deaths.csv", mobility: "\(root)/us_states_mobility_raw_spring.csv",
      population: "\(root)/us_states_population.csv"
    ) {
      $0.data.places = ["New York", "New Jersey", "Florida"]
      $0.data.through = "2020-04-05"
    }
    let newYork = problem.model.places[0]
    #expect(newYork.population == 19_453_561)
    #expect(newYork.cumulativeDeaths > 3000 && newYork.cumulativeDeaths < 9000)
    #expect(problem.data.mobility?.isPercent == true)
    #expect(problem.model.places.allSatisfy { ($0.features.last?[0] ?? 0) < -0.2 })
    // Two files of the same report agree once both are means of seven days.
    let weekly = try MobilityTable(path: "\(root)/us_states_mobility_7day.csv")
    #expect(!weekly.isPercent)
    let row = try #require(weekly.series["New York"])
    let day = try #require(Day("2020-04-05"))
    let average = [0, 1, 3, 4].reduce(0) { $0 + (row.rows[day - row.start][$1] ?? 9) / 4 }
    #expect(abs(average - (newYork.features.last?[0] ?? 9)) < 0.01)
  }
}

/// A folder that goes away with the value.
final class TemporaryFolder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "swiftlet-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
