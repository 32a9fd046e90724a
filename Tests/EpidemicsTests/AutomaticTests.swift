import Foundation
import Randomness
import Sampling
import Testing

@testable import Epidemics

/// A hierarchical model written a second time, plainly and for any number type, so that the tape of
/// the Sampling floor differentiates it.
private struct PlainModel<Number: RealNumber> {
  let places: [PlaceSeries]
  let course: DiseaseCourse
  let settings: ModelSettings
  let priors: Priors

  private func normal(_ x: Number, _ mean: Number, _ deviation: Number) -> Number {
    Normal<Number>(mean: mean, standardDeviation: deviation).logDensity(x)
  }

  private func halfNormalOfLog(_ x: Number, _ scale: Double) -> Number {
    HalfNormal<Number>(scale: Number(scale)).logDensity(Number.exp(x)) + x
  }

  /// The coordinates in the model's order: contact, weights, latent, seeds, fatality, dispersion,
  /// weekdays, waits; everything partially pooled, nothing whitened.
  func logDensity(_ q: [Number]) -> Number {
    var next = 0
    func take(_ count: Int) -> [Number] {
      defer { next += count }
      return Array(q[next..<(next + count)])
    }
    let count = places.count
    var sum: Number = 0
    func pooled(
      _ means: [Double], _ location: (Number) -> Number, _ spread: Double
    ) -> [Number] {
      let common = take(1)[0]
      let logSpread = take(1)[0]
      let own = take(count)
      sum = sum + location(common) + halfNormalOfLog(logSpread, spread)
      for value in own { sum = sum + normal(value, 0, 1) }
      let center = means.reduce(0, +) / Double(count)
      return (0..<count).map {
        common + Number(means[$0] - center) + Number.exp(logSpread) * own[$0]
      }
    }
    let zeros = Array(repeating: 0.0, count: count)
    let logContact = priors.logContact
    let contact = pooled(
      Array(repeating: logContact.mean, count: count),
      { normal($0, Number(logContact.mean), Number(logContact.standardDeviation)) },
      priors.contactSpread)
    let weights = places[0].features[0].indices.map { _ in
      pooled(zeros, { normal($0, 0, Number(priors.mobility)) }, priors.mobilitySpread)
    }
    let logScale = take(1)[0]
    sum =
      sum
      + normal(
        logScale, Number(log(priors.latentScaleMedian)), Number(priors.latentScaleLogDeviation))
    let steps = places.map { take(($0.days + 6) / 7) }
    for value in steps.joined() { sum = sum + normal(value, 0, 1) }
    let seeds = pooled(
      zeros,
      { normal($0, Number(priors.logSeed.mean), Number(priors.logSeed.standardDeviation)) },
      priors.seedSpread)
    let logs = places.map { log($0.fatality) }
    let middle = logs.reduce(0, +) / Double(count)
    let fatality = pooled(
      logs, { normal($0, Number(middle), Number(priors.severityDeviation)) },
      priors.severitySpread)
    let dispersion = pooled(
      zeros, { halfNormalOfLog($0, priors.dispersion) }, priors.dispersionSpread)
    let logits = take(6) + [0]
    for value in logits.dropLast() { sum = sum + normal(value, 0, Number(priors.weekday)) }
    var total: Number = 0
    for value in logits { total = total + Number.exp(value) }
    let waits = course.deathChain.map { wait in
      let value = take(1)[0]
      sum = sum + normal(value, Number(log(wait.mean)), Number(priors.waitDeviation))
      return Number.exp(value)
    }
    for place in 0..<count {
      var z: Number = 0
      var state = State(course, waits, seed: Number.exp(seeds[place]), places[place].population)
      for day in 0..<places[place].days {
        if day.isMultiple(of: 7) { z = z + Number.exp(logScale) * steps[place][day / 7] }
        var predictor = contact[place] + z
        for (feature, value) in places[place].features[day].enumerated() {
          predictor = predictor + weights[feature][place] * Number(value)
        }
        let deaths = state.day(Number.exp(predictor), stepsPerDay: settings.stepsPerDay)
        guard let observed = places[place].deaths[day] else { continue }
        let weekday = (places[place].start.weekday + day) % 7
        let factor = 7 * Number.exp(logits[weekday]) / total
        let mean = Number.exp(fatality[place]) * factor * deaths
        guard mean.value > 1e-8 else {
          sum = sum + term(observed, 1e-8, Number.exp(-2 * dispersion[place]))
          continue
        }
        sum = sum + term(observed, mean, Number.exp(-2 * dispersion[place]))
      }
    }
    return sum
  }

  private func term(_ observed: Int, _ mean: Number, _ concentration: Number) -> Number {
    NegativeBinomial<Number>(mean: mean, concentration: concentration)
      .logDensity(Number(Double(observed)))
  }

  /// The usual four evaluations of a Runge-Kutta step, with deaths of a fatality of 1.
  private struct State {
    var susceptible: Number
    var stages: [Number]
    let rates: [Number]
    let exposed: Int
    let infectious: Int
    let population: Double

    init(_ course: DiseaseCourse, _ waits: [Number], seed: Number, _ population: Double) {
      rates = zip(course.deathChain, waits).flatMap { wait, mean in
        Array(repeating: Number(Double(wait.stages)) / mean, count: wait.stages)
      }
      exposed = course.exposed.stages
      infectious = course.infectious.stages
      self.population = population
      susceptible = Number(population) - seed
      stages = Array(repeating: 0, count: rates.count + 1)
      for stage in 0..<exposed { stages[stage] = seed / Number(Double(exposed)) }
    }

    private func change(
      _ susceptible: Number, _ stages: [Number], _ rate: Number
    ) -> (Number, [Number]) {
      var people: Number = 0
      for stage in exposed..<(exposed + infectious) { people = people + stages[stage] }
      let infections = rate * people * susceptible / Number(population)
      var result: [Number] = []
      var arriving = infections
      for stage in rates.indices {
        let leaving = rates[stage] * stages[stage]
        result.append(arriving - leaving)
        arriving = leaving
      }
      return (-infections, result + [arriving])
    }

    mutating func day(_ rate: Number, stepsPerDay: Int) -> Number {
      let before = stages[rates.count]
      let h = 1 / Double(stepsPerDay)
      for _ in 0..<stepsPerDay {
        let k1 = change(susceptible, stages, rate)
        let k2 = change(moved(k1, h / 2).0, moved(k1, h / 2).1, rate)
        let k3 = change(moved(k2, h / 2).0, moved(k2, h / 2).1, rate)
        let k4 = change(moved(k3, h).0, moved(k3, h).1, rate)
        susceptible = susceptible + Number(h / 6) * (k1.0 + 2 * k2.0 + 2 * k3.0 + k4.0)
        for index in stages.indices {
          let slope = k1.1[index] + 2 * k2.1[index] + 2 * k3.1[index] + k4.1[index]
          stages[index] = stages[index] + Number(h / 6) * slope
        }
      }
      return stages[rates.count] - before
    }

    private func moved(_ change: (Number, [Number]), _ length: Double) -> (Number, [Number]) {
      (
        susceptible + Number(length) * change.0,
        zip(stages, change.1).map { $0 + Number(length) * $1 }
      )
    }
  }
}

@Suite struct AutomaticTests {
  @Test func `value and gradient agree with automatic differentiation of the plain model`() {
    let settings = SwitchCases.allPartial
    let course = SwitchCases.reported
    let places = SwitchCases.places(3).map { place in
      var place = place
      place.group = ""
      return place
    }
    var fast = EpidemicModel(places: places, course: course, settings: settings)
    var slow = AutomaticDensity(dimension: fast.dimension) { position in
      PlainModel<Traced>(
        places: places, course: course, settings: settings, priors: Priors()
      ).logDensity(position)
    }
    var random = RandomSource(seed: 4)
    for _ in 0..<3 {
      let position = fast.priorCenter().map { $0 + random.normal(standardDeviation: 0.15) }
      var gradient = [Double](repeating: 0, count: fast.dimension)
      var traced = gradient
      let value = fast.logDensity(at: position, gradient: &gradient)
      let expected = slow.logDensity(at: position, gradient: &traced)
      #expect(value.isFinite)
      #expect(abs(value - expected) < 1e-9 * abs(expected), "\(value) and \(expected)")
      for index in gradient.indices {
        #expect(
          abs(gradient[index] - traced[index]) < 1e-8 * (10 + abs(traced[index])),
          "coordinate \(index): \(gradient[index]) and \(traced[index])")
      }
    }
  }
}
