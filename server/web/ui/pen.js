/** Strokes on a canvas in the coordinates of landmarks. */

/**
 * Where landmarks go on a canvas: `x·scaleX + left`, `y·scaleY + top`. `scaleX` is negative where the picture is mirrored.
 * @typedef {{scaleX: number, scaleY: number, left: number, top: number}} View
 */

/** Draws in the coordinates of landmarks; what was not seen is left out. */
export class Pen {
  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   */
  constructor(context, view) {
    this.context = context;
    this.view = view;
    context.lineCap = context.lineJoin = "round";
  }

  /** @param {[number, number]} point */
  place([x, y]) {
    const { scaleX, scaleY, left, top } = this.view;
    return /** @type {const} */ ([x * scaleX + left, y * scaleY + top]);
  }

  /**
   * @param {readonly ([number, number] | null)[]} points
   * @param {number} width
   * @param {string} colour
   */
  line(points, width, colour) {
    if (!this.#path(points)) return;
    this.context.lineWidth = width;
    this.context.strokeStyle = colour;
    this.context.stroke();
  }

  /**
   * @param {readonly ([number, number] | null)[]} points
   * @param {number} rounding
   * @param {string} colour
   */
  area(points, rounding, colour) {
    if (!this.#path(points)) return;
    this.context.closePath();
    this.context.fillStyle = this.context.strokeStyle = colour;
    this.context.lineWidth = rounding;
    this.context.fill();
    this.context.stroke();
  }

  /**
   * @param {[number, number] | null} point
   * @param {number} radius
   * @param {string} colour
   */
  dot(point, radius, colour) {
    if (point) this.oval(point, radius, radius, colour);
  }

  /**
   * @param {[number, number]} point
   * @param {number} across
   * @param {number} along
   * @param {string} colour
   */
  oval(point, across, along, colour) {
    const [x, y] = this.place(point);
    this.context.beginPath();
    this.context.ellipse(x, y, across, along, 0, 0, 2 * Math.PI);
    this.context.fillStyle = colour;
    this.context.fill();
  }

  /**
   * @param {[number, number] | null} point
   * @param {number} radius
   * @param {string} colour
   * @param {string} halo
   */
  ring(point, radius, colour, halo) {
    if (!point) return;
    this.dot(point, radius * 1.25, halo);
    this.dot(point, radius, colour);
    this.dot(point, radius * 0.4, halo);
  }

  /**
   * @param {readonly ([number, number] | null)[]} points
   * @returns {boolean} whether there is something to draw
   */
  #path(points) {
    const seen = points.filter((point) => point !== null);
    const [first, ...others] = seen.map((point) => this.place(point));
    if (!first || others.length === 0) return false;
    this.context.beginPath();
    this.context.moveTo(first[0], first[1]);
    for (const [x, y] of others) this.context.lineTo(x, y);
    return true;
  }
}
