/// The two loops of ``DeathsKernel`` over its memory.
struct DeathsPass<L: Lane> {
  let layout: DeathsKernel<L>.Layout
  let days: Int
  let stepsPerDay: Int
  let stages: Int
  let transmitting: Int
  let firstInfectious: Int
  let tracksOperators: Bool

  typealias Memory = UnsafeMutablePointer<L>

  // MARK: Forward

  func forward(_ base: Memory, susceptible start: L, share: L, exposedStages: Int) {
    // Four zeros stand before the stages, so that every row reaches four diagonals back.
    let state = base + layout.state + 4
    for index in -4..<stages { state[index] = .zero }
    for stage in 0..<exposedStages { state[stage] = share }
    var susceptible = start
    var kept = base + layout.history
    var states = base + layout.states
    for day in 0..<days {
      let rate = base[layout.rates + day]
      var deaths = L.zero
      for _ in 0..<stepsPerDay {
        if tracksOperators {
          for stage in 0..<stages { states[stage] = state[stage] }
          states += stages
        }
        deaths = deaths + step(base, state, rate, &susceptible, kept)
        kept += 8
      }
      base[layout.deaths + day] = deaths
    }
  }

  /// Advances one step and returns its deaths.
  @inline(__always)
  private func step(
    _ base: Memory, _ state: Memory, _ rate: L, _ susceptible: inout L, _ kept: Memory
  ) -> L {
    let half = L(repeating: 0.5)
    let inner = base + layout.infectious
    var (first, second, third, fourth) = (L.zero, L.zero, L.zero, L.zero)
    for stage in max(0, firstInfectious - 3)..<transmitting {
      let people = state[stage]
      if stage >= firstInfectious { first = first + people }
      second = second + inner[stage] * people
      third = third + inner[transmitting + stage] * people
      fourth = fourth + inner[2 * transmitting + stage] * people
    }
    let early = base + layout.early
    let susceptible1 = susceptible
    let v1 = rate * susceptible1 * first
    let susceptible2 = susceptible - half * v1
    let v2 = rate * susceptible2 * second
    third = third + early[0] * v1
    let susceptible3 = susceptible - half * v2
    let v3 = rate * susceptible3 * third
    fourth = fourth + early[1] * v1 + early[2] * v2
    let susceptible4 = susceptible - v3
    let v4 = rate * susceptible4 * fourth
    kept[0] = susceptible1
    kept[1] = susceptible2
    kept[2] = susceptible3
    kept[3] = susceptible4
    kept[4] = first
    kept[5] = second
    kept[6] = third
    kept[7] = fourth
    let deaths = propagate(base, state, v1, v2, v3, v4)
    susceptible =
      susceptible - L(repeating: 1.0 / 6) * (v1 + v4) - L(repeating: 1.0 / 3) * (v2 + v3)
    return deaths
  }

  /// Moves people along the chain, lets the infected in, and returns who arrived at its end.
  @inline(__always)
  private func propagate(
    _ base: Memory, _ state: Memory, _ v1: L, _ v2: L, _ v3: L, _ v4: L
  ) -> L {
    let rows = layout.rows
    let band = base + layout.propagator
    let entry = base + layout.entry
    var deaths =
      (band[rows + stages] * state[stages - 1] + band[2 * rows + stages] * state[stages - 2])
      + (band[3 * rows + stages] * state[stages - 3] + band[4 * rows + stages] * state[stages - 4])
    // Downwards, so that each row still finds the old values before it.
    var row = stages - 1
    while row >= 0 {
      state[row] =
        (band[row] * state[row] + band[rows + row] * state[row - 1])
        + (band[2 * rows + row] * state[row - 2] + band[3 * rows + row] * state[row - 3])
        + band[4 * rows + row] * state[row - 4]
      row -= 1
    }
    let arrived = (
      (entry[0] * v1 + entry[4] * v2) + (entry[8] * v3 + entry[12] * v4),
      (entry[1] * v1 + entry[5] * v2) + entry[9] * v3,
      entry[2] * v1 + entry[6] * v2,
      entry[3] * v1
    )
    state[0] = state[0] + arrived.0
    state[1] = state[1] + arrived.1
    state[2] = state[2] + arrived.2
    // With three stages the fourth row is that of the dead.
    if stages > 3 { state[3] = state[3] + arrived.3 } else { deaths = deaths + arrived.3 }
    return deaths
  }

  // MARK: Backward

  func backward(_ base: Memory, exposedStages: Int) -> L {
    let adjoint = base + layout.adjoint
    for index in 0..<layout.rows { adjoint[index] = .zero }
    if tracksOperators {
      for index in layout.collected..<layout.count { base[index] = .zero }
    }
    var susceptible = L.zero
    let steps = days * stepsPerDay
    var kept = base + layout.history + 8 * steps
    var states = base + layout.states + (tracksOperators ? stages * steps : 0)
    var day = days - 1
    while day >= 0 {
      let rate = base[layout.rates + day]
      adjoint[stages] = base[layout.deathWeights + day]
      var gradient = L.zero
      for _ in 0..<stepsPerDay {
        kept -= 8
        if tracksOperators { states -= stages }
        gradient = gradient + stepBack(base, adjoint, rate, &susceptible, kept, states)
      }
      base[layout.rateGradients + day] = gradient
      day -= 1
    }
    var seed = L.zero
    for stage in 0..<exposedStages { seed = seed + adjoint[stage] }
    return seed * L(repeating: 1 / Double(exposedStages)) - susceptible
  }

  /// Takes the adjoint one step back and returns the derivative by the step's rate.
  @inline(__always)
  private func stepBack(
    _ base: Memory, _ adjoint: Memory, _ rate: L, _ susceptible: inout L, _ kept: Memory,
    _ states: Memory
  ) -> L {
    let half = L(repeating: 0.5)
    let (sixth, third) = (
      L(repeating: 1.0 / 6) * susceptible, L(repeating: 1.0 / 3) * susceptible
    )
    let entry = base + layout.entry
    let early = base + layout.early
    let (a0, a1, a2, a3) = (adjoint[0], adjoint[1], adjoint[2], adjoint[3])
    var w1 = (entry[0] * a0 + entry[1] * a1) + (entry[2] * a2 + entry[3] * a3) - sixth
    var w2 = (entry[4] * a0 + entry[5] * a1) + entry[6] * a2 - third
    var w3 = entry[8] * a0 + entry[9] * a1 - third
    let w4 = entry[12] * a0 - sixth
    let (s1, s2, s3, s4) = (kept[0], kept[1], kept[2], kept[3])
    let (i1, i2, i3, i4) = (kept[4], kept[5], kept[6], kept[7])

    let people4 = w4 * rate * s4
    let left4 = w4 * rate * i4
    w3 = w3 - left4
    w2 = w2 + early[2] * people4
    w1 = w1 + early[1] * people4
    let people3 = w3 * rate * s3
    let left3 = w3 * rate * i3
    w2 = w2 - half * left3
    w1 = w1 + early[0] * people3
    let people2 = w2 * rate * s2
    let left2 = w2 * rate * i2
    w1 = w1 - half * left2
    let people1 = w1 * rate * s1
    let left1 = w1 * rate * i1
    let gradient = (w4 * s4 * i4 + w3 * s3 * i3) + (w2 * s2 * i2 + w1 * s1 * i1)
    if tracksOperators {
      collect(
        base, adjoint, states, (people2, people3, people4),
        (rate * s1 * i1, rate * s2 * i2, rate * s3 * i3, rate * s4 * i4))
    }
    susceptible = susceptible + ((left1 + left2) + (left3 + left4))
    propagateBack(base, adjoint)
    let inner = base + layout.infectious
    for stage in max(0, firstInfectious - 3)..<transmitting {
      var sum =
        inner[stage] * people2 + inner[transmitting + stage] * people3
        + inner[2 * transmitting + stage] * people4
      if stage >= firstInfectious { sum = sum + people1 }
      adjoint[stage] = adjoint[stage] + sum
    }
    return gradient
  }

  /// Applies the transposed propagator; the entry after the stages is that of the dead.
  @inline(__always)
  private func propagateBack(_ base: Memory, _ adjoint: Memory) {
    let rows = layout.rows
    let band = base + layout.propagator
    // Upwards, so that each row still finds the old values after it.
    var row = 0
    while row < stages {
      adjoint[row] =
        (band[row] * adjoint[row] + band[rows + row + 1] * adjoint[row + 1])
        + (band[2 * rows + row + 2] * adjoint[row + 2]
          + band[3 * rows + row + 3] * adjoint[row + 3])
        + band[4 * rows + row + 4] * adjoint[row + 4]
      row += 1
    }
  }

  /// Adds the step's derivatives by the operators' entries.
  private func collect(
    _ base: Memory, _ adjoint: Memory, _ states: Memory, _ people: (L, L, L),
    _ infections: (L, L, L, L)
  ) {
    var place = base + layout.collected
    for diagonal in 0..<5 {
      for row in diagonal...max(stages, diagonal) where row - diagonal < stages {
        place[row] = place[row] + adjoint[row] * states[row - diagonal]
      }
      place += layout.rows
    }
    for input in [infections.0, infections.1, infections.2, infections.3] {
      for row in 0..<min(4, stages + 1) { place[row] = place[row] + adjoint[row] * input }
      place += 4
    }
    for weight in [people.0, people.1, people.2] {
      for stage in 0..<transmitting { place[stage] = place[stage] + weight * states[stage] }
      place += transmitting
    }
    place[0] = place[0] + people.1 * infections.0
    place[1] = place[1] + people.2 * infections.0
    place[2] = place[2] + people.2 * infections.1
  }
}
