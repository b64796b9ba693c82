// Browsers import packages by the path of their file; their types stand elsewhere.
declare module "*/@mediapipe/tasks-vision/vision_bundle.mjs" {
  export * from "@mediapipe/tasks-vision";
}
declare module "*/@msgpack/msgpack/dist.esm/index.mjs" {
  export * from "@msgpack/msgpack";
}
declare module "*/uplot/dist/uPlot.esm.js" {
  export { default } from "uplot";
}
